import type { Stream } from '@libp2p/interface'
import { decode, encode } from 'it-length-prefixed'
import { NetworkError } from './network-error.ts'

/** Bytes of a varint that can hold any length we allow: 2^35 - 1. */
const MAX_LENGTH_BYTES = 5

/**
 * The length-prefixed frames that come over a stream. A length is compared with `maxFrameBytes` before anything of the
 * frame is read. Throws NetworkError `response-too-large`, or whatever broke the stream.
 */
export async function* readFrames(stream: Pick<Stream, 'source'>, maxFrameBytes: number): AsyncGenerator<Uint8Array> {
  const limits = { maxDataLength: maxFrameBytes, maxLengthLength: MAX_LENGTH_BYTES }
  try {
    for await (const frame of decode(stream.source, limits)) yield frame.subarray()
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('Invalid')) {
      throw new NetworkError('response-too-large', error.message, { maxFrameBytes }, { cause: error })
    }
    throw error
  }
}

/** Sends the frames and closes our half of the stream. */
export async function writeFrames(
  stream: Pick<Stream, 'sink'>,
  frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  await stream.sink(prefixed(frames))
}

async function* prefixed(frames: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const frame of frames) yield encode.single(frame).subarray()
}
