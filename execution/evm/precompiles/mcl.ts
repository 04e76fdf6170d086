import { createRequire } from 'node:module'

/** The package mcl-wasm, set to one curve. */
export type Mcl = typeof import('mcl-wasm')

const PACKAGE = 'mcl-wasm'
const require = createRequire(import.meta.url)

/**
 * An instance of mcl for one curve. The package holds one curve at a time in variables of its modules, so each curve gets
 * modules of its own: they are dropped from the loader's cache before they are loaded again.
 */
export async function loadMcl(curve: 'BN_SNARK1' | 'BLS12_381'): Promise<Mcl> {
  for (const path of Object.keys(require.cache)) {
    if (path.includes(`/node_modules/${PACKAGE}/`)) delete require.cache[path]
  }
  const mcl = require(PACKAGE) as Mcl
  await mcl.init(mcl[curve])
  // Callers check the subgroup where a precompile asks for it, and only there.
  mcl.verifyOrderG1(false)
  mcl.verifyOrderG2(false)
  return mcl
}
