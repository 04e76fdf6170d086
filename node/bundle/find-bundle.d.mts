import type { Stats } from 'node:fs'

/** What a folder of bundles says of the one that was made last. */
export interface BundleManifest {
  /** Where the sources are: their paths are in the bundle. */
  readonly root: string
  /** The bundle's folder, in that of all. */
  readonly name: string
  /** Of each file that went into it, by its path from the root. */
  readonly stamps: Readonly<Record<string, Stamp>>
}

/** When a file was changed, by both of its times in milliseconds, and its length. */
export type Stamp = readonly [mtimeMs: number, ctimeMs: number, size: number]

export interface Bundle {
  readonly path: string
  isCurrent(): boolean
}

export declare function stampOf(stats: Pick<Stats, 'mtimeMs' | 'ctimeMs' | 'size'>): Stamp
export declare const MANIFEST: string
export declare function bundlesFolder(root: string): string
export declare function lastBundle(root: string, folder?: string): Bundle | undefined
export declare function findBundle(root: string, folder?: string): string | undefined
