import { join } from 'node:path'
import { loadSettings } from '../../config/settings.ts'
import { openChainDatabase } from '../../node/chain-database.ts'
import { checkDatabase } from '../../storage/checker.ts'

/** Walks the database of a node that does not run. @returns what is wrong, in words; empty when all is right */
export async function checkDirectory(nodeDirectory: string): Promise<readonly string[]> {
  const settings = loadSettings({ file: join(nodeDirectory, 'config.toml'), env: {}, flags: {} })
  const chain = await openChainDatabase(settings)
  try {
    return (await checkDatabase(chain.database)).problems
  } finally {
    await chain.close()
  }
}
