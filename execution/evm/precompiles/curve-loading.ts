/** Thrown by a precompiled contract whose curve has not been loaded in this thread yet. What ran until then means nothing. */
export class CurveNotLoaded extends Error {
  override readonly name = 'CurveNotLoaded'
}

/** What is loaded, once however often it is asked to. */
interface Loaded {
  load(): Promise<void>
}

const curves: Loaded[] = []
let isPostponed = false

/**
 * From now on this thread loads no curve with the modules that need it, but when `loadCurves` is called: they take 150 ms. To be called
 * before those modules are imported, by who can do elsewhere what throws `CurveNotLoaded`.
 */
export function postponeCurves(): void {
  isPostponed = true
}

/** For modules that need the curve: loads it, unless that is postponed. */
export async function needCurve(curve: Loaded): Promise<void> {
  curves.push(curve)
  if (!isPostponed) await curve.load()
}

/** Loads what was postponed. */
export async function loadCurves(): Promise<void> {
  // The package holds one curve at a time while it loads.
  for (const curve of curves) await curve.load()
}
