import { readFileSync } from 'node:fs'
import { type Genesis, parseGenesis } from '../config/genesis.ts'

/** Reads a genesis in geth's JSON format. @throws Error naming the file and what is wrong in it */
export function readGenesis(file: string): Genesis {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`the genesis ${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return parseGenesis(json)
}
