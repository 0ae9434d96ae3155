/** Beyond this there is nothing left that a double can tell from one. */
const FAR = 8;

/** How likely a standard normal value is above this one. */
export const normalTail = (z: number): number => {
  if (z < 0) {
    return 1 - normalTail(-z);
  }
  if (z > FAR) {
    return 0;
  }
  let term = z;
  let sum = 0;
  for (let odd = 3; term > sum * Number.EPSILON; odd += 2) {
    sum += term;
    term *= (z * z) / odd;
  }
  return Math.max(0, 0.5 - (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI));
};

/** The value above which a standard normal one is with this probability, which is at most a half. */
export const normalAbove = (tail: number): number => {
  let low = 0;
  let high = FAR;
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > tail) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (low + high) / 2;
};
