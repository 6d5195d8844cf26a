import { onTestFinished, type TestContext } from 'vitest';
import { createLab, type Lab, type LabOptions } from './namespaces.ts';

/** A lab that is gone when the test is over: the running one, or where several run at the same time the one of this context. */
export async function labOfTest(options: LabOptions = {}, context?: TestContext): Promise<Lab> {
  const lab = await createLab(options);
  (context?.onTestFinished ?? onTestFinished)(() => lab.dispose());
  return lab;
}
