/** The first frame of every answer is one byte. */
export const RESPONSE_CODES = {
  /** The answer follows. */
  ok: 0,
  /** Not now: too many requests. */
  busy: 1,
  /** Malformed request, or no handshake yet. */
  refused: 2,
} as const
