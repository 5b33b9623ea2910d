/** The card that writes features to a file. */
import { Blocks } from './LinearStudy.tsx';
import { StudyCard } from './StudyCard.tsx';

export function FeatureStudy() {
  return (
    <StudyCard
      kind="features"
      about="The CLS features of both splits, with labels, for whoever wants to check a score elsewhere or to go on with a library of their own: train/features, train/labels, val/features and val/labels, a row an image, as the network gives them (not scaled to unit length). A label of −1 is none. The metadata holds the classes, the ids and paths of the images in the order of the rows, the step and all settings."
      source="The format is safetensors: safetensors.numpy.load_file reads it in Python."
      needsLabels={false}
      empty="One file with the features and labels of all images, or of those that scores are made of."
      run="Save"
      options={<Blocks />}
    />
  );
}
