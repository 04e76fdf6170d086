import { readFileSync } from 'node:fs'
import { type Genesis, parseGenesis } from '../config/genesis.ts'
import { CommandError } from './command-error.ts'

/** Reads a genesis in geth's JSON format. @throws CommandError naming the file, ConfigError what is wrong in it */
export function readGenesis(file: string): Genesis {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const message = `the genesis ${file} cannot be read: ${(error as Error).message}`
    throw new CommandError('bad-file', message, { file }, { cause: error })
  }
  return parseGenesis(json)
}
