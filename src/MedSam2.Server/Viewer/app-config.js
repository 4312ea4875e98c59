// Written by the MedSAM-2 server: everything is on this address.
window.config = {
  name: 'medsam2',
  routerBasename: '/ohif',
  extensions: [], // the mode asks for the extension itself, by address
  modes: ['/ohif/plugins/medsam2/mode.js'],
  customizationService: { 'ohif.tours': { $set: [] } }, // the tour lies over the image at a first visit
  medsam2: __MEDSAM2__,
  showStudyList: true,
  showLoadingIndicator: true,
  showCPUFallbackMessage: true,
  strictZSpacingForVolumeViewport: true,
  maxNumberOfWebWorkers: 3,
  maxNumRequests: { interaction: 100, thumbnail: 5, prefetch: 10 },
  investigationalUseDialog: { option: 'configure', days: 30 },
  defaultDataSourceName: 'dicomweb',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'dicomweb',
      configuration: {
        friendlyName: 'This server',
        name: 'dicomweb',
        qidoRoot: '/dicom-web',
        wadoRoot: '/dicom-web',
        wadoUriRoot: '/dicom-web',
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        qidoSupportsIncludeField: false,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        omitQuotationForMultipartRequest: true,
        bulkDataURI: { enabled: true, relativeResolution: 'studies' },
        // The viewer's own export: label maps in RLE, its default, are not read everywhere.
        segmentation: { store: { defaultMode: 'bitmap', transferSyntaxUID: '1.2.840.10008.1.2.1' } },
      },
    },
  ],
};
