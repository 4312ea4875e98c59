import type { Host } from '../host/host.ts';

/** A way to say where the object is. The pointer is read in `pointer.ts`: the viewer only needs to know which tool is active. */
export interface PromptTool {
  readonly name: string;
  readonly kind: 'point' | 'box' | 'scribble' | 'lasso';
  readonly label: string;
  readonly help: string;
  readonly icon: string;
  readonly key: string;
}

export const promptTools: readonly PromptTool[] = [
  { name: 'MedSam2Point', kind: 'point', label: 'Point', help: 'click on the object; with Alt, on what is not part of it', icon: 'tool-point', key: 'p' },
  { name: 'MedSam2Box', kind: 'box', label: 'Box', help: 'drag a box around the object', icon: 'tool-rectangle', key: 'b' },
  { name: 'MedSam2Scribble', kind: 'scribble', label: 'Scribble', help: 'draw a line over the object; with Alt, over what is not part of it', icon: 'tool-freehand-roi', key: 's' },
  { name: 'MedSam2Lasso', kind: 'lasso', label: 'Lasso', help: 'draw around the object', icon: 'tool-spline-roi', key: 'o' },
];

/** Makes the tools known, so that the viewer's toolbar and hot keys can switch to and from them. */
export function registerTools({ cst }: Host): void {
  for (const { name } of promptTools) {
    const tool = class extends cst.BaseTool {
      static toolName = name;
      constructor(properties: unknown = {}, defaults: unknown = { supportedInteractionTypes: ['Mouse', 'Touch'], configuration: {} }) {
        super(properties, defaults);
      }
    };
    cst.addTool(tool);
  }
}
