import { describe, expect, it } from 'vitest';
import { normalAbove, normalTail } from '../../../../shared/validation/compare/normal.ts';

describe('the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.158655253931457],
    [1.96, 0.0249978951482204],
    [3, 0.00134989803163009],
    [5, 2.866515718791939e-7],
    [-1, 0.841344746068543],
    [9, 0],
  ])('has above %s what the tables say: %s', (z, tail) => {
    expect(normalTail(z)).toBeCloseTo(tail, 12);
  });

  it.each([
    [0.5, 0],
    [0.05, 1.644853626951473],
    [0.025, 1.959963984540054],
    [0.0125, 2.241402727604947],
    [0.001, 3.090232306167813],
    [0.00001, 4.264890793922825],
  ])('leaves %s above what the tables say: %s', (tail, z) => {
    expect(normalAbove(tail)).toBeCloseTo(z, 8);
  });
});
