import { onTestFinished } from 'vitest';
import { createLab, type Lab, type LabOptions } from './namespaces.ts';

/** A lab that is gone when the running test is over. */
export async function labOfTest(options: LabOptions = {}): Promise<Lab> {
  const lab = await createLab(options);
  onTestFinished(() => lab.dispose());
  return lab;
}
