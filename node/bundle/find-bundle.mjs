// As `run-bundled.mjs`, which is the first to need it.
const { readFileSync, statSync } = process.getBuiltinModule('node:fs')
const { join } = process.getBuiltinModule('node:path')

/** Changes with every change of a file, also where its time of modification is kept. */
export function stampOf({ mtimeMs, ctimeMs, size }) {
  return `${mtimeMs} ${ctimeMs} ${size}`
}

/** Says which bundle was made last: in the folder of bundles. */
export const MANIFEST = 'manifest.json'

/** Where bundles of the sources below `root` are kept. */
export function bundlesFolder(root) {
  return join(root, 'node_modules', '.cache', 'pavm', 'bundles')
}

/** The folder of a bundle of the sources below `root` as they are now; `undefined` where there is none. */
export function findBundle(root, folder = bundlesFolder(root)) {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'))
    if (manifest.root !== root) return undefined
    for (const [file, stamp] of Object.entries(manifest.stamps)) {
      // To join and normalise takes as long as to look.
      if (stampOf(statSync(`${root}/${file}`)) !== stamp) return undefined
    }
    return join(folder, manifest.name)
  } catch {
    // None was made yet, or a source is gone.
    return undefined
  }
}
