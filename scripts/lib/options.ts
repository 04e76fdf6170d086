import { Command } from 'commander'

export interface ScriptOptions {
  readonly url: string
  readonly reportUrl: string
  readonly accounts: number
  readonly transactions: number
}

/** Command line of the client scripts. The report asks another node than the transactions go to: a validator. */
export function scriptOptions(name: string, description: string): ScriptOptions {
  const options = new Command(name)
    .description(description)
    .option('--url <url>', 'node that takes the transactions', 'http://127.0.0.1:8545')
    .option('--report-url <url>', 'node that is asked what ran in parallel (a validator)', 'http://127.0.0.1:8546')
    .option('--accounts <n>', 'sending accounts', Number, 60)
    .option('--transactions <n>', 'transactions after the set-up', Number, 300)
    .parse()
    .opts<ScriptOptions>()
  for (const key of ['accounts', 'transactions'] as const) {
    if (!Number.isInteger(options[key]) || options[key] < 1) throw new Error(`--${key} takes a whole number above 0`)
  }
  return options
}

/** Key of the first developer account of a testnet. */
export const DEVELOPER_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
