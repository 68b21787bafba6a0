/** The keys of an installation. They live in a file of their own, never in the store. */
export interface Keys {
  /** AES-256-GCM, 32 bytes: what a ticket and an undo image hold. */
  seal: Uint8Array;
  /** HMAC-SHA-256, 32 bytes: digests of plans. */
  digest: Uint8Array;
  /** HMAC-SHA-256, 32 bytes: manifests of copies, and reports of drills. */
  copies: Uint8Array;
}
