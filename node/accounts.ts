import type { DevelopmentGenesisOptions } from '../config/genesis.ts'
import type { Settings } from '../config/settings.ts'
import { type DeveloperAccount, developerAccounts } from '../primitives/developer-accounts.ts'
import type { Address } from '../primitives/hex.ts'

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
    // Most nodes have none, and start earlier without it.
    const { keystoreAccounts } = await import('./keystore-accounts.ts')
    for (const account of await keystoreAccounts({ accounts, rpc })) byAddress.set(account.address, account)
  }
  return [...byAddress.values()]
}
