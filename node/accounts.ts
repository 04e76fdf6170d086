import type { DevelopmentGenesisOptions } from '../config/genesis.ts'
import type { Settings } from '../config/settings.ts'
import { type DeveloperAccount, developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address } from '../primitives/hex.ts'
import { isTrusting } from '../rpc/namespaces.ts'
import { KeystoreError } from './keystore.ts'
import { listKeystores, openKeystoreFile } from './keystore-directory.ts'
import { passwordOfFile } from './password.ts'

const WEI_PER_ETHER = 10n ** 18n

/** The settings that make developer accounts and, in a new chain, their funds. */
export type DeveloperSettings = Pick<Settings['accounts'], 'mnemonic' | 'count' | 'path' | 'balance'>

/** What a development genesis is to fund. */
export function genesisAccounts({ mnemonic, count, path, balance }: DeveloperSettings): DevelopmentGenesisOptions {
  return { mnemonic, path, accounts: count, balance: balance * WEI_PER_ETHER }
}

/**
 * All accounts for which a node of these settings signs: developer accounts, then those of keystore files. Throws
 * KeystoreError, where it names a file, or `exposed`: keystore files hold keys that matter elsewhere, and whoever reaches
 * the server has it sign.
 */
export async function unlockedAccounts(settings: Pick<Settings, 'accounts' | 'rpc'>): Promise<DeveloperAccount[]> {
  const { accounts, rpc } = settings
  if (!rpc.enabled) return []
  const known = rpc.unlockDeveloperAccounts ? developerAccounts(accounts.count, accounts) : []
  const byAddress = new Map<Address, DeveloperAccount>(known.map((account) => [account.address, account]))
  if (accounts.keystore !== '') {
    requireUnexposed(rpc)
    const password = passwordOfFile(accounts.passwordFile, 'accounts.keystore needs accounts.passwordFile')
    // One after the other: each may take hundreds of megabytes for a moment.
    for (const file of listKeystores(accounts.keystore)) {
      const account = await openKeystoreFile(file, password)
      byAddress.set(account.address, account)
    }
  }
  return [...byAddress.values()]
}

function requireUnexposed(rpc: Settings['rpc']): void {
  const refuse = (reason: string) => new KeystoreError('exposed', `accounts.keystore is refused: ${reason}`)
  if (!isTrusting('personal', rpc)) {
    throw refuse(`other machines can reach ${rpc.host} and would sign too, unless rpc.namespaces names personal`)
  }
  if (rpc.corsOrigins.includes('*')) {
    throw refuse(
      'every web page that a browser here opens would sign too. Name the origins in rpc.corsOrigins, or none',
    )
  }
}
