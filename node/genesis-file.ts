import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Genesis, parseGenesisText } from '../config/genesis.ts'
import { CodedError } from '../primitives/errors.ts'
import { CommandError } from './command-error.ts'

/** Reads a genesis in geth's JSON format. @throws CommandError naming the file, GenesisError what is wrong in it */
export function readGenesis(file: string): Genesis {
  try {
    const readJson = (name: string): unknown => JSON.parse(readFileSync(resolve(dirname(file), name), 'utf8'))
    return parseGenesisText(readFileSync(file, 'utf8'), { readJson })
  } catch (error) {
    if (error instanceof CodedError) throw error
    const message = `the genesis ${file} cannot be read: ${(error as Error).message}`
    throw new CommandError('bad-file', message, { file }, { cause: error })
  }
}
