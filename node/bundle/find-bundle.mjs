// As `run-bundled.mjs`, which is the first to need it.
const { readFileSync, statSync } = process.getBuiltinModule('node:fs')
const { join } = process.getBuiltinModule('node:path')

/** Changes with every change of a file, also where its time of modification is kept. To write them as text takes 1 ms for all files. */
export function stampOf({ mtimeMs, ctimeMs, size }) {
  return [mtimeMs, ctimeMs, size]
}

/** Says which bundle was made last: in the folder of bundles. */
export const MANIFEST = 'manifest.json'

/** Where bundles of the sources below `root` are kept. */
export function bundlesFolder(root) {
  return join(root, 'node_modules', '.cache', 'pavm', 'bundles')
}

/** The bundle of the sources below `root` that was made last, and whether they are as they were then; `undefined` where there is none. */
export function lastBundle(root, folder = bundlesFolder(root)) {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'))
    if (manifest.root !== root) return undefined
    return { path: join(folder, manifest.name), isCurrent: () => areAsTheyWere(root, manifest.stamps) }
  } catch {
    // None was made yet.
    return undefined
  }
}

/** The folder of a bundle of the sources below `root` as they are now; `undefined` where there is none. */
export function findBundle(root, folder = bundlesFolder(root)) {
  const bundle = lastBundle(root, folder)
  return bundle?.isCurrent() ? bundle.path : undefined
}

function areAsTheyWere(root, stamps) {
  try {
    for (const [file, [mtimeMs, ctimeMs, size]] of Object.entries(stamps)) {
      // To join and normalise takes as long as to look.
      const found = statSync(`${root}/${file}`)
      if (found.mtimeMs !== mtimeMs || found.ctimeMs !== ctimeMs || found.size !== size) return false
    }
    return true
  } catch {
    // A source is gone.
    return false
  }
}
