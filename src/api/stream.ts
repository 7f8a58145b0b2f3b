/** A body of pieces, which are made as they are read. The first is made at once: most failures can still be told. */
export async function streamOf(pieces: AsyncGenerator<string>): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder();
  let next = await pieces.next();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Nothing is no piece: the reader would ask no further.
      while (!next.done && next.value === '') next = await pieces.next();
      if (next.done) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      next = await pieces.next();
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
