import process from 'node:process'

/** Ends the calling worker thread, after `close`. */
export async function endThread(close: () => Promise<void>): Promise<void> {
  try {
    await close()
  } finally {
    process.exit()
  }
}
