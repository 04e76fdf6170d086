import { CodedError } from '../primitives/errors.ts'

export type NetworkErrorCode =
  /** The address cannot be listened on. */
  | 'listen-failed'
  /** A given address is no multiaddr. */
  | 'bad-address'
  /** The stored identity cannot be read. */
  | 'bad-identity'
  /** The peer is not connected. */
  | 'not-connected'
  /** The peer did not answer in time. */
  | 'timeout'
  /** The peer has too much to do, or we asked too often. */
  | 'busy'
  /** The peer found our request malformed, or does not know the protocol. */
  | 'request-refused'
  /** The stream broke. */
  | 'connection-lost'
  /** The answer is longer than asked for or allowed. */
  | 'response-too-large'
  /** The answer is malformed, or not what was asked for. */
  | 'bad-response'
  /** What is to be sent exceeds what a peer would take. */
  | 'message-too-large'
  /** The network was stopped. */
  | 'stopped'

/** A failure of the network or of a peer. Says nothing about blocks or transactions. */
export class NetworkError extends CodedError<NetworkErrorCode> {}
