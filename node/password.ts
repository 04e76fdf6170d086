import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { KeystoreError } from './keystore.ts'
import { readText } from './keystore-directory.ts'

const MAX_PASSWORD_FILE_BYTES = 4_096

/** The first line of the file. Throws KeystoreError `unreadable`, for no file with the message given. */
export function passwordOfFile(path: string, without: string): string {
  if (path === '') throw new KeystoreError('unreadable', without)
  return readText(path, MAX_PASSWORD_FILE_BYTES).split(/\r?\n/, 1)[0]!
}

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly output: Pick<NodeJS.WritableStream, 'write'>
}

/** Asks at the terminal and shows nothing of the answer. Throws KeystoreError `unreadable` where nobody sits there. */
export async function askPassword(prompt: string, { input, output }: Terminal): Promise<string> {
  if (input.isTTY !== true)
    throw new KeystoreError('unreadable', 'no terminal to ask for a password: give --password-file')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silent, terminal: true })
  const ended = new Promise<never>((_, reject) => {
    lines.once('SIGINT', () => reject(new KeystoreError('unreadable', 'no password was given')))
    lines.once('close', () => reject(new KeystoreError('unreadable', 'no password was given')))
  })
  output.write(prompt)
  try {
    return await Promise.race([lines.question(''), ended])
  } finally {
    ended.catch(() => undefined)
    lines.close()
    output.write('\n')
  }
}
