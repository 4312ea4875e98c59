// The streaming hub's wire contract (docs/streaming.md). Voxel indices are [i, j, k]; integers are voxel centres.

export type Voxel = readonly [number, number, number];
export type Plane = 'i' | 'j' | 'k';

/** A mask's pixels within `box` = [x0, y0, x1, y1] (ends exclusive) of its plane, as alternating runs that begin with background. */
export interface MaskData {
  readonly box: readonly number[];
  readonly runs: Uint8Array;
}

export interface MaskFrame extends MaskData {
  readonly sequence: number;
  readonly objectId: number;
  readonly plane: Plane;
  readonly index: number;
  readonly iou: number;
  readonly presence: number;
  readonly pass: number;
  readonly passes: number;
  readonly pinned: boolean;
  readonly done: number;
  readonly total: number;
}

export interface Code {
  readonly scheme: string;
  readonly value: string;
  readonly meaning: string;
}

export interface ClickPoint {
  readonly at: Voxel;
  readonly include: boolean;
}

export interface VoxelBox {
  readonly min: Voxel;
  readonly max: Voxel;
}

export interface ObjectInfo {
  readonly objectId: number;
  readonly name: string;
  readonly code: Code | null;
  readonly colour: string | null;
  readonly locked: boolean;
  readonly prompts: readonly PromptInfo[];
  readonly sliceCount: number;
}

export interface PromptInfo {
  readonly plane: Plane;
  readonly index: number;
  readonly points: readonly ClickPoint[];
  readonly box: VoxelBox | null;
  readonly hasMask: boolean;
}

export interface History {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly undo: string;
  readonly redo: string;
}

export interface StoredInfo {
  readonly id: string;
  readonly tag: string;
  readonly names: readonly string[];
  readonly sopInstanceUid: string;
}

export interface SessionInfo {
  readonly sessionId: string;
  readonly image: string;
  readonly model: string;
  readonly created: boolean;
  readonly dimensions: readonly number[];
  readonly spacing: readonly number[];
  readonly affine: readonly number[];
  readonly closerLook: boolean;
  readonly instances: readonly string[];
  readonly frames: readonly number[];
  readonly objects: readonly ObjectInfo[];
  readonly labels: readonly StoredInfo[];
  readonly sequence: number;
  readonly history: History;
}

export interface Alternative extends MaskData {
  readonly iou: number;
}

export interface PromptAnswer {
  readonly frame: MaskFrame;
  readonly alternatives: readonly Alternative[];
  readonly object: ObjectInfo;
  readonly history: History;
}

export interface Change {
  readonly frames: readonly MaskFrame[];
  readonly objects: readonly ObjectInfo[];
  readonly removed: readonly number[];
  readonly history: History;
}

export interface WholeState {
  readonly sequence: number;
  readonly objects: readonly ObjectInfo[];
  readonly frames: readonly MaskFrame[];
  readonly history: History;
}

export interface Committed {
  readonly labelId: string;
  readonly tag: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly waiting: string | null;
  readonly objects: readonly number[];
}

export interface Uncertainty {
  readonly width: number;
  readonly height: number;
  readonly values: Uint8Array;
}

export interface JobUpdate {
  readonly jobId: string;
  readonly kind: string;
  readonly state: string;
  readonly done: number;
  readonly total: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly message: string;
}

/** What is said about an object on one slice. */
export interface PromptSpec {
  readonly objectId: number;
  readonly plane: Plane;
  readonly index: number;
  readonly points?: readonly ClickPoint[];
  readonly box?: VoxelBox;
  readonly scribbles?: readonly { readonly line: readonly Voxel[]; readonly include: boolean }[];
  readonly lasso?: readonly Voxel[];
  readonly mask?: MaskData;
  readonly replace?: boolean;
  readonly closerLook?: boolean;
}

export type Direction = 'both' | 'up' | 'down';
export type Orientations = 'axial' | 'triplanar' | 'six' | 'auto';

export interface PropagateSpec {
  readonly objectIds: readonly number[];
  readonly plane: Plane;
  readonly direction: Direction;
  readonly count: number | null;
  readonly orientations: Orientations | null;
  readonly view: number | null;
}
