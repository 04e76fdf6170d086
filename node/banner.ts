import type { DeveloperAccount } from '../primitives/developer-accounts.ts'
import { toChecksumAddress } from '../primitives/hex.ts'

export interface BannerContent {
  readonly chainId: bigint
  readonly consensus: string
  readonly blockTimeSeconds: number
  readonly directory: string
  readonly mnemonic: string
  readonly accounts: readonly DeveloperAccount[]
  readonly balanceInEther: bigint
  readonly nodes: readonly { readonly name: string; readonly url: string; readonly headNumber: number }[]
}

/** What a person sees when the testnet is up: where to connect, and with which keys. */
export function banner(content: BannerContent): string {
  const accounts = content.accounts.map(
    ({ address, privateKey }, index) =>
      `  (${index}) ${toChecksumAddress(address)}  ${content.balanceInEther} ether  key ${privateKey}`,
  )
  const nodes = content.nodes.map(
    ({ name, url, headNumber }) => `  ${name.padEnd(13)}${url}   ${url.replace('http', 'ws')}   block ${headNumber}`,
  )
  return [
    '',
    'pavm testnet',
    '',
    'Developer accounts (known to everybody: for tests only)',
    ...accounts,
    '',
    `Mnemonic   ${content.mnemonic}`,
    `Chain id   ${content.chainId}`,
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

function rhythm({ consensus, blockTimeSeconds }: BannerContent): string {
  if (consensus !== 'instant') return `a block every ${blockTimeSeconds} s`
  const wait = blockTimeSeconds === 0 ? '' : `, at least ${blockTimeSeconds} s apart`
  return `a block as soon as there are transactions${wait}`
}
