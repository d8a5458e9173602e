"""Whether groups stand further apart than data without groups would.

K-means finds groups in anything, and a long or skewed cloud cut in pieces has
a fair silhouette. So the silhouette is compared with that of references which
share with the data everything but groups: each feature's values and all rank
correlations (a Gaussian copula). This is SigClust's idea (Liu, Hayes, Nobel &
Marron 2008) with a reference that is kinder to real features. Two groups that
differ in one feature only are, by design, no more than that feature's values.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from ml.algorithms import KMEANS, Algorithm
from ml.clustering import assign
from ml.columns import FloatArray
from ml.stability import silhouette


class Separation:
    """Silhouettes of data and of references, measured in the same way.

    The references are drawn once, when first needed, and serve every k.

    Parameters
    ----------
    points : ndarray of shape (n, d)
        Bounded by the caller: pairwise distances of all sets are kept,
        8 n^2 (1 + n_references) bytes.
    n_references : int
    random_state : int
    """

    def __init__(
        self, points: FloatArray, *, n_references: int, random_state: int
    ) -> None:
        self._points = points
        self._n_references = n_references
        self._random_state = random_state
        self._sets: list[tuple[FloatArray, FloatArray]] = []

    def of(
        self, n_clusters: int, algorithm: Algorithm = KMEANS
    ) -> dict[str, float]:
        """Measure one number of clusters.

        Returns
        -------
        dict
            ``silhouette`` of the data and ``reference_silhouette``, the 95th
            percentile over the references.
        """
        if not self._sets:
            drawn = [
                gaussian_copula_reference(
                    self._points, random_state=self._random_state + i
                )
                for i in range(1, self._n_references + 1)
            ]
            self._sets = [(x, cdist(x, x)) for x in (self._points, *drawn)]
        widths = []
        for x, distances in self._sets:
            clusters = algorithm.fit(
                x,
                n_clusters,
                random_state=self._random_state,
                n_init=algorithm.n_init_again,
            )
            widths.append(silhouette(distances, assign(x, clusters)[0]))
        return {
            "silhouette": widths[0],
            "reference_silhouette": float(np.quantile(widths[1:], 0.95)),
        }


def gaussian_copula_reference(
    points: FloatArray, *, random_state: int
) -> FloatArray:
    """Draw data without clusters, with the same marginals and correlations.

    Each column is a permutation of the given one. The latent correlations
    are corrected a few times until the rank correlations come out as given,
    which matters where many values are tied (counts, zeros).

    Parameters
    ----------
    points : ndarray of shape (n, d)
    random_state : int

    Returns
    -------
    ndarray of shape (n, d)

    References
    ----------
    Iman & Conover (1982), A distribution-free approach to inducing rank
    correlation among input variables, Communications in Statistics B 11.
    """
    normal = np.random.default_rng(random_state).normal(size=points.shape)
    target = _rank_correlation(points)
    latent = 2 * np.sin(np.pi / 6 * target)
    values = np.sort(points, axis=0)
    reference = points
    for _ in range(4):
        eigenvalues, vectors = np.linalg.eigh(latent)
        # The symmetric root moves smoothly with the correlations.
        root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0)) @ vectors.T
        order = (normal @ root).argsort(axis=0).argsort(axis=0)
        reference = np.take_along_axis(values, order, axis=0)
        latent = np.clip(
            latent + target - _rank_correlation(reference), -1.0, 1.0
        )
    return reference


def _rank_correlation(points: FloatArray) -> FloatArray:
    ranks = rankdata(points, axis=0)
    ranks -= ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    ranks /= np.where(length > 0, length, 1.0)
    correlation = ranks.T @ ranks
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation)
