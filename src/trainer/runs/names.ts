/** Names of runs that a class can say aloud: an adjective and an animal, drawn from the seed and the run's number. */
import { PURPOSE, rng } from '../../core/rng.ts';

const ADJECTIVES = (
  'amber brave brisk calm clever coral crisp daring eager early fair gentle gleaming golden happy hazel ' +
  'humble jolly keen kind lively lucid mellow merry mild misty nimble noble patient plucky proud quick ' +
  'quiet rapid rosy royal silver sunny swift tidy velvet vivid warm witty'
).split(' ');

const ANIMALS = (
  'badger beaver bison bear crane dolphin dove eagle falcon ferret finch fox gecko hare heron ibex jackdaw ' +
  'koala lark lemur lynx magpie marmot marten mole moose newt otter owl panda penguin puffin raven robin ' +
  'salmon seal sparrow stork swan tapir tern toad turtle vole walrus weasel wombat wren'
).split(' ');

/** Draws before a number is put behind a name. */
const DRAWS = 64;

/** The same for the same seed, number and names that are taken. */
export function runName(seed: number, number: number, taken: ReadonlySet<string>): string {
  const random = rng(seed, PURPOSE.runName, number);
  const draw = () =>
    `${ADJECTIVES[random.below(ADJECTIVES.length)]}-${ANIMALS[random.below(ANIMALS.length)]}`;
  const first = draw();
  let name = first;
  for (let i = 1; i < DRAWS && taken.has(name); i++) name = draw();
  for (let i = 2; taken.has(name); i++) name = `${first}-${i}`;
  return name;
}
