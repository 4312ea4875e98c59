// What the plug-in uses of the running viewer. Nothing of @ohif/* or @cornerstonejs/* is bundled: the viewer hands its own
// (single) instances to extension hooks, so that tools, caches and events are shared. Their types are not published in
// one piece, so the parts that are used are described by the few calls made on them.
/* eslint-disable @typescript-eslint/no-explicit-any */
export type Foreign = any;

export interface Host {
  /** OHIF's services by name. */
  readonly services: Foreign;
  readonly commands: Foreign;
  readonly extensions: Foreign;
  /** `@cornerstonejs/core` */
  readonly cs: Foreign;
  /** `@cornerstonejs/tools` */
  readonly cst: Foreign;
}

export interface Managers {
  readonly servicesManager: Foreign;
  readonly commandsManager: Foreign;
  readonly extensionManager: Foreign;
  readonly appConfig?: Foreign;
}

export function hostOf(managers: Managers): Host {
  const common = managers.extensionManager.getModuleEntry('@ohif/extension-cornerstone.utilityModule.common');
  const { cornerstone, cornerstoneTools } = common.exports.getCornerstoneLibraries();
  return {
    services: managers.servicesManager.services,
    commands: managers.commandsManager,
    extensions: managers.extensionManager,
    cs: cornerstone,
    cst: cornerstoneTools,
  };
}
