import type { Settings } from '../config/settings.ts'
import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import { isTrusting } from '../rpc/namespaces.ts'
import { KeystoreError } from './keystore.ts'
import { listKeystores, openKeystoreFile } from './keystore-directory.ts'
import { passwordOfFile } from './password.ts'

/** The accounts of the keystore files that the settings name. Throws KeystoreError as `unlockedAccounts`. */
export async function keystoreAccounts({
  accounts,
  rpc,
}: Pick<Settings, 'accounts' | 'rpc'>): Promise<DeveloperAccount[]> {
  requireUnexposed(rpc)
  const password = passwordOfFile(accounts.passwordFile, 'accounts.keystore needs accounts.passwordFile')
  const opened: DeveloperAccount[] = []
  // One after the other: each may take hundreds of megabytes for a moment.
  for (const file of listKeystores(accounts.keystore)) opened.push(await openKeystoreFile(file, password))
  return opened
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
