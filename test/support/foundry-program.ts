import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
/** How the packages name this processor in the names of those that hold their programs. */
const ARCHITECTURES: Partial<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export type FoundryTool = 'forge' | 'cast' | 'anvil'

/**
 * Path of a program of Foundry: the native one and not the script around it, so that the process started is the one to end.
 * `undefined` where npm has put none for this platform.
 */
export function foundryProgram(tool: FoundryTool): string | undefined {
  const platform = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`
  try {
    return require.resolve(`@foundry-rs/${tool}-${platform}/bin/${tool}${process.platform === 'win32' ? '.exe' : ''}`)
  } catch {
    return undefined
  }
}
