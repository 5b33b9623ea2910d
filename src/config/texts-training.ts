/** What a person reads about the settings of the run, the loss, the teacher and the optimizer. */
import type { FieldTexts } from './fields.ts';

export const trainingTexts: FieldTexts<'training'> = {
  steps: {
    label: 'Steps',
    sentence: 'Length of the run in steps; without a number it follows from the epochs.',
    paper: 'epochs × images / batch',
    step: 100,
    names: { none: 'from the epochs' },
  },
  stopAfter: {
    label: 'Stop after',
    sentence: 'Ends the run at this step, while its schedules keep their length; beyond it, they stretch.',
    paper: 'not used',
    step: 100,
    names: { none: 'the last step' },
  },
  epochs: {
    label: 'Epochs',
    sentence: 'How often the run goes through all images, where no number of steps is set.',
    paper: '100 (300 and 800 for the best results)',
    step: 1,
    least: 0.1,
  },
  batchSize: {
    label: 'Batch',
    symbol: 'B',
    sentence: 'How many images are compared in each step; all views of all of them are in memory at once.',
    paper: '1024, as 16 GPUs × 64',
  },
  seed: {
    label: 'Seed',
    sentence: 'Starts every random choice: the same seed on the same backend repeats a run exactly.',
    paper: '0',
  },
};

export const lossTexts: FieldTexts<'loss'> = {
  teacherTemp: {
    label: 'Teacher temperature',
    symbol: 'τ_t',
    sentence: 'How sharply the teacher decides between prototypes; the lower, the sharper.',
    paper: '0.04 (0.07 after a warm-up in longer runs)',
    step: 0.005,
    least: 0.001,
  },
  studentTemp: {
    label: 'Student temperature',
    symbol: 'τ_s',
    sentence: 'How sharply the student’s scores are read when it is compared with the teacher.',
    paper: '0.1',
    step: 0.01,
    least: 0.001,
  },
  centering: {
    label: 'Centering',
    symbol: 'c',
    sentence:
      'Subtracts from the teacher what it says about every image, so that no prototype wins them all.',
    paper: 'on',
  },
  sharpening: {
    label: 'Sharpening',
    sentence:
      'Lets the teacher have its own low temperature; off, it uses the student’s and drifts to a tie.',
    paper: 'on',
  },
  stopGradient: {
    label: 'Stop-gradient',
    symbol: 'sg',
    sentence:
      'Keeps the loss from changing the answers it asks for; off, the student sets its own goal and moves that as well.',
    paper: 'on',
  },
  centerMomentum: {
    label: 'Center momentum',
    symbol: 'm',
    sentence: 'How much of the center is kept from step to step.',
    paper: '0.9',
    advanced: true,
  },
  warmupTeacherTemp: {
    label: 'Teacher temperature at first',
    sentence: 'Where the teacher temperature starts when it warms up.',
    paper: '0.04',
    step: 0.005,
    advanced: true,
    least: 0.001,
  },
  warmupTeacherTempEpochs: {
    label: 'Temperature warm-up',
    sentence: 'Epochs over which the teacher temperature moves from its first value to its last.',
    paper: '0 (30 in longer runs)',
    unit: 'epochs',
    step: 1,
    advanced: true,
  },
  warmupTeacherTempMaxShare: {
    label: 'Temperature warm-up, at most',
    sentence: 'Share of the run beyond which the temperature’s warm-up is cut short.',
    paper: '1, no limit',
    step: 0.05,
    advanced: true,
  },
  teacherLogitsL2: {
    label: 'L2-normalise the teacher’s scores',
    sentence: 'Scales the teacher’s scores to length 1 before they are centered and sharpened.',
    paper: 'off',
    advanced: true,
  },
};

export const teacherTexts: FieldTexts<'teacher'> = {
  momentum: {
    label: 'Teacher momentum',
    symbol: 'm',
    sentence: 'How much of the teacher is kept in each step: it averages the student’s last 1/(1−m) steps.',
    paper: '0.996',
    step: 0.001,
  },
  momentumEnd: {
    label: 'Momentum at the end',
    sentence: 'Where the teacher momentum arrives; at 1 the teacher stands still.',
    paper: '1',
    step: 0.001,
    advanced: true,
  },
  schedule: {
    label: 'Momentum schedule',
    sentence: 'Whether the momentum rises along a cosine or stays where it is.',
    paper: 'cosine',
    names: { cosine: 'Cosine', constant: 'Constant' },
    advanced: true,
  },
  advance: {
    label: 'Momentum changes every',
    sentence: 'Whether the momentum’s schedule moves on with each step or with each epoch.',
    paper: 'step',
    names: { step: 'Step', epoch: 'Epoch' },
    advanced: true,
  },
  update: {
    label: 'Teacher follows',
    sentence: 'Whether the teacher is updated from the changed student, or before the step begins.',
    paper: 'after the step',
    names: { after: 'After the step', before: 'Before the step' },
    advanced: true,
  },
};

export const optimizerTexts: FieldTexts<'optimizer'> = {
  lr: {
    label: 'Learning rate',
    symbol: 'lr',
    sentence: 'How far the weights move in a step, once warmed up.',
    paper: '0.0005 × batch / 256',
    step: 0.0001,
    least: 0.000001,
  },
  lrRule: {
    label: 'Learning rate is',
    sentence: 'Whether the learning rate grows with the batch, as the paper’s does, or is taken as written.',
    paper: 'times batch / 256',
    names: { linear: 'Times batch / 256', fixed: 'As written' },
  },
  kind: {
    label: 'Optimizer',
    sentence: 'The rule that turns gradients into changes of the weights.',
    paper: 'AdamW',
    names: { adamw: 'AdamW', adam: 'Adam', sgd: 'SGD' },
    advanced: true,
  },
  lrSchedule: {
    label: 'Learning rate schedule',
    sentence: 'Whether the learning rate falls along a cosine after its warm-up or stays where it is.',
    paper: 'cosine',
    names: { cosine: 'Cosine', constant: 'Constant' },
    advanced: true,
  },
  lrWarmupEpochs: {
    label: 'Learning rate warm-up',
    sentence: 'Epochs over which the learning rate rises to its peak.',
    paper: '10',
    unit: 'epochs',
    step: 1,
    advanced: true,
  },
  lrWarmupMaxShare: {
    label: 'Warm-up, at most',
    sentence: 'Share of the run beyond which the learning rate’s warm-up is cut short.',
    paper: '1, no limit',
    step: 0.05,
    advanced: true,
  },
  lrWarmupStart: {
    label: 'Learning rate at first',
    sentence: 'Where the learning rate’s warm-up starts.',
    paper: '0',
    step: 0.0001,
    advanced: true,
  },
  lrEnd: {
    label: 'Learning rate at the end',
    sentence: 'Where the learning rate’s cosine arrives.',
    paper: '0.000001',
    step: 0.000001,
    advanced: true,
  },
  weightDecay: {
    label: 'Weight decay',
    symbol: 'wd',
    sentence:
      'How strongly weights are pulled towards 0 at the start of the run; biases and norms are spared.',
    paper: '0.04',
  },
  weightDecayEnd: {
    label: 'Weight decay at the end',
    sentence: 'Where the weight decay arrives, along a cosine.',
    paper: '0.4',
  },
  clip: {
    label: 'Clip gradients',
    sentence: 'Shortens gradients that are too long: each tensor by itself, all of them together, or none.',
    paper: 'each tensor by itself',
    names: { tensor: 'Each tensor', global: 'All together', off: 'Off' },
    advanced: true,
  },
  clipNorm: {
    label: 'Longest gradient',
    symbol: 'clip_grad',
    sentence: 'Length beyond which a gradient is shortened.',
    paper: '3',
    step: 0.1,
    advanced: true,
    least: 0.01,
  },
  beta1: {
    label: 'Adam β₁',
    symbol: 'β₁',
    sentence: 'How much of the running mean of gradients Adam keeps.',
    paper: '0.9',
    advanced: true,
  },
  beta2: {
    label: 'Adam β₂',
    symbol: 'β₂',
    sentence: 'How much of the running mean of squared gradients Adam keeps.',
    paper: '0.999',
    step: 0.001,
    advanced: true,
  },
  epsilon: {
    label: 'Adam ε',
    symbol: 'ε',
    sentence: 'Keeps Adam from dividing by zero.',
    paper: '0.00000001',
    step: 0.00000001,
    advanced: true,
    least: 1e-12,
  },
  sgdMomentum: {
    label: 'SGD momentum',
    sentence: 'How much of its last move SGD repeats.',
    paper: '0.9',
    step: 0.01,
    advanced: true,
  },
};
