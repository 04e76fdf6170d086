import { DEVELOPER_MNEMONIC, type DeveloperAccount } from '../primitives/developer-accounts.ts'
import { toChecksumAddress } from '../primitives/hex.ts'

interface AccountsContent {
  readonly chainId: bigint
  readonly mnemonic: string
  readonly accounts: readonly DeveloperAccount[]
  readonly balanceInEther: bigint
}

export interface BannerContent extends AccountsContent {
  readonly consensus: string
  readonly blockTimeSeconds: number
  readonly directory: string
  readonly nodes: readonly { readonly name: string; readonly url: string; readonly headNumber: number }[]
}

/** What a person sees when the testnet is up: where to connect, and with which keys. */
export function banner(content: BannerContent): string {
  const nodes = content.nodes.map(
    ({ name, url, headNumber }) => `  ${name.padEnd(13)}${url}   ${url.replace('http', 'ws')}   block ${headNumber}`,
  )
  return [
    '',
    'pavm testnet',
    '',
    ...accountLines(content),
    `Consensus  ${content.consensus}, ${rhythm(content)}`,
    `Data       ${content.directory} (kept; --fresh begins a new chain)`,
    '',
    'Nodes',
    ...nodes,
    '',
    'Ctrl-C stops all nodes.',
    '',
  ].join('\n')
}

/** The same for a single node that is there for tests. */
export function devBanner(
  content: AccountsContent & { readonly url: string; readonly directory?: string; readonly fork?: string | undefined },
): string {
  const { url, directory, fork } = content
  return [
    '',
    'pavm dev',
    '',
    ...accountLines(content),
    ...(fork === undefined ? [] : [`Fork       ${fork}`]),
    `Data       ${directory ?? 'in a temporary directory, which goes with the node'}`,
    '',
    `Listening on ${url} and ${url.replace('http', 'ws')}`,
    '',
  ].join('\n')
}

function accountLines({ accounts, balanceInEther, mnemonic, chainId }: AccountsContent): string[] {
  // What is not known to everybody is not written where it may be logged.
  const isKnown = mnemonic === DEVELOPER_MNEMONIC
  return [
    isKnown ? 'Developer accounts (known to everybody: for tests only)' : 'Developer accounts (of the mnemonic chosen)',
    ...accounts.map(({ address, privateKey }, index) => {
      const line = `  (${index}) ${toChecksumAddress(address)}  ${balanceInEther} ether`
      return isKnown ? `${line}  key ${privateKey}` : line
    }),
    '',
    `Mnemonic   ${isKnown ? mnemonic : '(chosen)'}`,
    `Chain id   ${chainId}`,
  ]
}

function rhythm({ consensus, blockTimeSeconds }: BannerContent): string {
  if (consensus !== 'instant') return `a block every ${blockTimeSeconds} s`
  const wait = blockTimeSeconds === 0 ? '' : `, at least ${blockTimeSeconds} s apart`
  return `a block as soon as there are transactions${wait}`
}
