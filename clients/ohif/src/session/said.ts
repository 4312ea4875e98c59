import type { PromptAnswer, PromptInfo, PromptSpec } from '../hub/contract.ts';

/** What a prompt gave, for people. */
export function describe({ frame }: PromptAnswer): string {
  return frame.runs.length === 0
    ? 'The model finds nothing here. Click inside the object, or draw a box around it.'
    : `The model rates its mask ${Math.round(frame.iou * 100)} %.`;
}

/** Whether the server knows a prompt whose answer never came. */
export function wasSaid(prompts: readonly PromptInfo[] | undefined, spec: PromptSpec): boolean {
  const there = prompts?.find(prompt => prompt.plane === spec.plane && prompt.index === spec.index);
  if (!there || spec.mask)
    return false; // a mask takes the place of the one before, which may be there in its stead: said twice, it is the same
  if (spec.box && spec.closerLook !== undefined)
    return false; // whether it is looked at closely is not told; a box takes the place of the one before
  if (spec.scribbles || spec.lasso)
    return false; // they are kept as points: saying them twice does no harm
  const near = (a: readonly number[], b: readonly number[]) => a.every((x, n) => Math.abs(x - b[n]!) < 0.01);
  return (spec.points ?? []).every(point => there.points.some(known => known.include === point.include && near(known.at, point.at)))
    && (!spec.box || (there.box !== null && near(there.box.min, spec.box.min) && near(there.box.max, spec.box.max)));
}
