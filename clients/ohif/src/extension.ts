import { createElement } from 'react';
import { hostOf, type Managers } from './host/host.ts';
import { registerTools } from './input/tools.ts';
import { island } from './panel/island.ts';

export default {
  id: '@medsam2/ohif',
  preRegistration(managers: Managers) {
    registerTools(hostOf(managers));
  },
  getPanelModule: () => [
    { name: 'medsam2', iconName: 'tab-segmentation', iconLabel: 'MedSAM-2', label: 'MedSAM-2', component: island(createElement('section', { 'aria-label': 'MedSAM-2' }, 'For research only.')) },
  ],
};
