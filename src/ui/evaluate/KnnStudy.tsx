/** The card of the neighbors' votes. */
import { StudyCard } from './StudyCard.tsx';

export function KnnStudy() {
  return (
    <StudyCard
      kind="knn"
      about="An image gets the class that its k nearest training images vote for; labels are used here and never in training. The weighted vote, by cosine similarity with weight exp(similarity / 0.07), is the paper's. Others count plain majorities: among standardised features by Euclidean distance (each feature to mean 0 and deviation 1), or leaving each training image out once, which needs no validation split. Numbers from elsewhere can only be compared with the same way of counting."
      source="Caron et al. 2021, §3.2, and eval_knn.py of the official code, after Wu et al. 2018. Interval: 95 %, Wilson 1927."
      needsLabels
      empty="The accuracy at k = 10, 20, 100 and 200 appears here, with the two other ways of counting."
    />
  );
}
