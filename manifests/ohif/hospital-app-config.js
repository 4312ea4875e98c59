// What a hospital's own OHIF 3.13 needs in its app-config.js, beside what is there. The folder clients/ohif/dist/plugin is served
// at /plugins/medsam2 of the viewer's own origin; MedSam2:AllowedOrigins of the server names that origin, and --archive the
// archive that the viewer shows.
window.config = {
  // ...
  modes: ['/plugins/medsam2/mode.js'],
  medsam2: { hub: 'https://medsam2.example.org/hubs/segmentation', presets: [] },
};
