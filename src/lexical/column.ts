type TypedArray = Uint8Array | Int32Array | Uint32Array | Float32Array | Float64Array;

/** A typed array that grows. `values` is another array after each growth: read it anew, never keep it. */
export interface Column<T extends TypedArray = TypedArray> {
  values: T;
  /** Makes room for `length` values; new ones are 0. */
  reserve(length: number): void;
}

/** Grown by a quarter and never less: more would be memory unused, less would be copied too often. */
const GROWTH = 1.25;
const SMALLEST = 1_024;

export function createColumn<T extends TypedArray>(make: new (length: number) => T, start?: T): Column<T> {
  const column: Column<T> = {
    values: start ?? new make(SMALLEST),
    reserve(length) {
      const { values } = column;
      if (length <= values.length) return;
      column.values = new make(Math.max(SMALLEST, Math.ceil(length * GROWTH)));
      column.values.set(values);
    },
  };
  return column;
}
