// A mode made at run time from the viewer's own segmentation mode: its viewports, tool groups and handlers, our panel and tools.
import type { Foreign } from './host/host.ts';
import { withOurs } from './hotkeys.ts';
import { promptTools } from './input/tools.ts';

const extension = new URL('./extension.js', import.meta.url).pathname;

export default {
  id: '@medsam2/ohif-mode',
  async modeFactory({ loadModules, modeConfiguration }: Foreign) {
    const [basic, segmentation] = await loadModules(['@ohif/mode-basic', '@ohif/mode-segmentation']);
    const base = await segmentation.modeFactory({ modeConfiguration, loadModules });
    const [route] = base.routes;
    const layoutTemplate = (...args: unknown[]) => {
      const layout = route.layoutTemplate(...args);
      const own = layout.props.rightPanels.filter((name: string) => name.endsWith('LabelMap'));
      return { ...layout, props: { ...layout.props, rightPanels: ['@medsam2/ohif.panelModule.medsam2', ...own], rightPanelClosed: false, leftPanelClosed: false } };
    };
    return {
      ...base,
      id: '@medsam2/ohif-mode',
      routeName: 'medsam2',
      displayName: 'MedSAM-2',
      hangingProtocol: 'default',
      modeCustomizations: { 'ohif.hotkeyBindings': { $apply: withOurs } },
      extensions: { ...base.extensions, [extension]: '*' },
      routes: [{ ...route, path: 'medsam2', layoutTemplate }],
      onModeEnter(this: Foreign, context: Foreign) {
        // Not segmentation's own: that one switches the right panel away from ours.
        (basic.modeInstance ?? base).onModeEnter.call(this, context);
        const { toolbarService, toolGroupService } = context.servicesManager.services;
        for (const group of ['default', 'mpr'])
          toolGroupService.addToolsToToolGroup(group, { passive: promptTools.map(tool => ({ toolName: tool.name })) });
        toolbarService.register(promptTools.map(tool => ({
          id: tool.name,
          uiType: 'ohif.toolButton',
          props: { icon: tool.icon, label: tool.label, tooltip: `${tool.label} (${tool.key.toUpperCase()}): ${tool.help}`, commands: 'setToolActiveToolbar', evaluate: 'evaluate.cornerstoneTool' },
        })));
        const primary = toolbarService.sections?.primary ?? 'primary';
        toolbarService.updateSection(primary, [...promptTools.map(tool => tool.name), 'WindowLevel', 'Pan', 'Zoom', 'Capture', 'Layout', 'Crosshairs', 'MoreTools']);
      },
    };
  },
};
