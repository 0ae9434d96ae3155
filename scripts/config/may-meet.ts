/** Whether some name matches both globs. */
export const mayMeet = (a: string, b: string): boolean => {
  const seen = new Set<string>();
  const meet = (inA: number, inB: number): boolean => {
    const place = `${inA} ${inB}`;
    if (seen.has(place)) {
      return false;
    }
    seen.add(place);
    const [x, y] = [a[inA], b[inB]];
    if (x === undefined && y === undefined) {
      return true;
    }
    return (
      (x === '*' && (meet(inA + 1, inB) || (y !== undefined && meet(inA, inB + 1)))) ||
      (y === '*' && (meet(inA, inB + 1) || (x !== undefined && meet(inA + 1, inB)))) ||
      (x !== undefined && y !== undefined && (x === y || x === '?' || y === '?') && meet(inA + 1, inB + 1))
    );
  };
  return meet(0, 0);
};
