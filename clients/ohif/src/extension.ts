import { createElement } from 'react';
import { commandsOf } from './commands.ts';
import type { Settings } from './choices.ts';
import { Controller } from './controller.ts';
import { hostOf, type Foreign, type Managers } from './host/host.ts';
import { registerTools } from './input/tools.ts';
import { island } from './panel/island.ts';
import { Panel } from './panel/Panel.tsx';
import style from './panel/style.css';

const defaults: Settings = { hub: '/hubs/segmentation', version: '', labels: [], presets: [] };

let controller: Controller | undefined;

export default {
  id: '@medsam2/ohif',
  preRegistration(managers: Managers) {
    const host = hostOf(managers);
    registerTools(host);
    controller = new Controller(host, { ...defaults, ...managers.appConfig?.medsam2 });
    const sheet = document.createElement('style');
    sheet.textContent = style;
    document.head.append(sheet);
  },
  onModeEnter() {
    controller!.enter();
  },
  onModeExit() {
    controller!.exit();
  },
  getPanelModule: () => [
    { name: 'medsam2', iconName: 'tool-seg-shape', iconLabel: 'MedSAM-2', label: 'MedSAM-2', component: island(createElement(Panel, { controller: controller! })) },
  ],
  getCommandsModule: ({ commandsManager }: Foreign) => commandsOf(() => controller!, commandsManager),
};
