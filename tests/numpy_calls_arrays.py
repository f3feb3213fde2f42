"""Calls of NumPy on whole arrays: products, decompositions, shapes, places, complex numbers, FFTs.

They are lines of the table of `numpy_calls.py`, which says how they are written.
"""

ARRAY_CALLS = """
np.matmul(X, T)
np.dot(X, V[:4])
np.vdot(X, Y)
np.inner(X, Y)
np.outer(V, Z)
np.tensordot(C, X, axes=([1, 2], [0, 1]))
np.einsum("ij,jk->ki", X, T)
np.einsum("bij,bjk,k->bi", D, D, Z)
np.einsum("...ij,...j", D, Z)
np.einsum(A, [0, 1], X, [1, 2], [2, 0])
np.dot(X, C[:, :, :2].reshape(3, 4, 1))
np.kron(T, Z)
np.arcsinh(X + 1j * Y).imag
np.arccos(F + 1j * P).real
np.arctan(F + 1j * X).imag
np.cross(Z, U)
np.cross(A, U)
np.vecdot(X, Y)
np.trace(A)
np.diagonal(C, 1, 1, 2)
np.tril(X, 1)
np.triu(C, -1)
np.linalg.inv(D)
np.linalg.pinv(X)
np.linalg.solve(D, A)
np.linalg.solve(A, Z)
np.linalg.lstsq(T, X[0], None)[0]
np.linalg.det(D)
np.linalg.slogdet(D)[1]
np.linalg.slogdet(A)[0]  # cut
np.linalg.cholesky(A @ A.T)
np.linalg.cholesky(A @ A.T, upper=True)
np.linalg.qr(A)[0]
np.linalg.qr(A + 1j * B)[0].real
np.linalg.qr(A + 1j * B)[0].imag
np.linalg.qr(A + 1j * B)[1].real
np.linalg.qr(A + 1j * B)[1].imag
np.linalg.qr(T + 1j * T[::-1] ** 2)[0].imag
np.linalg.qr(X + 1j * Y)[1].imag
np.linalg.qr(T)[1]
np.linalg.qr(X)[1]
np.linalg.eigh(A + A.T)[0]
np.linalg.eigh(A + A.T)[1] ** 2
np.linalg.eigvalsh(D + D.mT)
np.linalg.svd(T, full_matrices=False)[0] ** 2
np.linalg.svd(X, full_matrices=False)[2] ** 2
np.linalg.svd(D)[1]
np.linalg.svdvals(X)
np.linalg.norm(X)
np.linalg.norm(X, "nuc")
np.linalg.norm(X, np.inf, axis=1)
np.linalg.norm(V, 3)
np.linalg.vector_norm(X, axis=0)
np.linalg.matrix_norm(C, ord=1)
np.linalg.matrix_power(A, 3)
np.linalg.matrix_rank(X)  # cut
np.linalg.matrix_transpose(C)
np.linalg.multi_dot([X, T, T.T])
np.linalg.cond(A)
np.linalg.outer(V, Z)
np.linalg.cross(A, B)
np.linalg.tensordot(X, T, axes=1)
np.linalg.vecdot(X, Y, axis=0)
np.linalg.matmul(X, T)
np.linalg.diagonal(C)
np.linalg.trace(D, offset=1)
np.reshape(X, (2, 6))
np.reshape(X, -1)
np.ravel(X)
np.transpose(C, (2, 0, 1))
np.permute_dims(C, (1, 0, 2))
np.matrix_transpose(C)
np.swapaxes(C, 0, 2)
np.moveaxis(C, 0, -1)
np.rollaxis(C, 2)
np.rollaxis(C, 0, 3)
np.expand_dims(X, 1)
np.squeeze(C[:, :1], 1)
np.broadcast_to(Z, (2, 3))
np.broadcast_arrays(X, S)[1]
np.meshgrid(V, Z)[0]
np.meshgrid(V, Z, indexing="ij")[1]
np.atleast_1d(S)
np.atleast_2d(V)
np.atleast_3d(X)
np.concatenate([X, Y], axis=1)
np.concatenate([X, V], axis=None)
np.concat([V, W])
np.stack([X, Y], axis=-1)
np.vstack([X, X[0]])
np.hstack([V, W])
np.hstack([X, Y])
np.dstack([X, Y])
np.column_stack([Z, U, A])
np.append(X, V)
np.append(X, Y, axis=0)
np.block([[A, Z[:, None]], [U, S]])
np.split(X, 2, axis=1)[1]
np.array_split(V, 2)[0]
np.unstack(X)[1]
np.tile(X, (2, 1, 3))
np.repeat(X, 2, axis=1)
np.repeat(X, [2, 0, 1], axis=0)
np.repeat(V, 3)
np.flip(C, (0, 2))
np.flipud(X)
np.fliplr(X)
np.rot90(X)
np.rot90(X, 2)
np.rot90(C, -1, (1, 2))
np.roll(X, 2)
np.roll(X, (1, -1), axis=(0, 1))
np.delete(X, 1, axis=0)
np.delete(V, [0, 3])
np.delete(V, slice(1, 3))
np.diag(A, 1)
np.diag(V)
np.diag(V, -2)
np.diagflat(X)
np.pad(X, 2)
np.pad(X, ((1, 0), (2, 3)), constant_values=1.5)
np.pad(X, ((1, 0), (2, 3)), constant_values=((1, 2), (3, 4)))
np.pad(X, ((2, 5), (1, 0)), mode="edge")
np.pad(X, ((2, 5), (1, 0)), mode="reflect")
np.pad(X, ((2, 5), (1, 0)), mode="symmetric")
np.pad(X, ((2, 5), (1, 0)), mode="wrap")
np.pad(X, ((2, 3), (1, 0)), mode="linear_ramp", end_values=1)
np.pad(X, 2, mode="maximum")
np.pad(X, 2, mode="minimum", stat_length=2)
np.pad(X, 2, mode="mean")
np.pad(X, 1, mode="median")
np.take(X, i, axis=0)
np.take(X, k)
np.take_along_axis(X, k, axis=0)
np.sort(X)
np.sort(X, axis=0)
np.sort(X, axis=None)
np.sort(N)  # bare
np.argsort(X, axis=0)  # cut
np.argsort(X, axis=None)  # cut
np.partition(V, 2)[2]
np.partition(V, 2)[:2].sum()
np.argpartition(V, 0)[0]  # cut
np.searchsorted(Q, X)  # cut
np.searchsorted(Q, V, side="right")  # cut
np.digitize(X, [-1.0, 0.0, 1.0])  # cut
np.bincount(n, W, 7)
np.bincount(n, minlength=6)  # cut
np.unique(V)
np.unique(k, return_counts=True)[1]  # cut
np.unique_values(V)
np.unique_counts(k).counts  # cut
np.unique_inverse(k).inverse_indices  # cut
np.unique_all(V).indices  # cut
np.interp(X, Q, W)
np.interp(V * 9, Q, W, left=-1.0, right=S)
np.trapezoid(X)
np.trapezoid(X, dx=0.3, axis=0)
np.trapezoid(V, Q)
np.gradient(V)
np.gradient(V, Q)
np.gradient(V, Q, edge_order=2)
np.gradient(V, 0.5, edge_order=2)
np.gradient(X, axis=0)
np.gradient(X, 2.0, 0.5)[1]
np.convolve(V, Z)
np.convolve(V, Z, "same")
np.convolve(Z, V, "valid")
np.correlate(V, Z)
np.correlate(Z, V, "full")
np.correlate(V, Z, "same")
np.correlate(Z, V)
np.polyval(Z, X)
np.vander(Z, 4)
np.vander(Z, increasing=True)
np.zeros_like(X)  # cut
np.ones_like(X)  # cut
np.full_like(X, 2.5)  # cut
np.empty_like(X) * 0  # cut
np.linspace(S, 3.0, 5)
np.linspace(Z, U, 4, endpoint=False)
np.astype(X, np.float32)  # bare
np.bitwise_and(n, m)  # cut
np.bitwise_or(n, m)  # cut
np.bitwise_xor(n, m)  # cut
np.bitwise_not(n)  # cut
np.bitwise_invert(n)  # cut
np.invert(n)  # cut
np.left_shift(n, m)  # cut
np.right_shift(n, m)  # cut
np.bitwise_left_shift(n, m)  # cut
np.bitwise_right_shift(n, m)  # cut
np.around(X)  # cut
np.fix(X)  # cut
np.hsplit(X, 2)[0]
np.hsplit(V, [2])[1]
np.vsplit(X, 3)[2]
np.dsplit(C, [1, 3])[1]
np.insert(V, 2, S)
np.insert(V, [3, 1], [7.0, 8.0])
np.insert(X, 1, S, axis=1)
np.insert(X, -1, V[:4], axis=0)
np.insert(X, 1, Z, axis=1)
np.compress([True, False, True], X, axis=0)
np.compress([0, 1, 1], X)
np.extract(b, X)
np.polymul(V, Z)
np.polyadd(V, Z)
np.polysub(Z, V)
np.polyder(V, 2)
np.polyint(Z)
np.polyfit(Q, V, 2)
np.unwrap(V * 5)
np.matvec(D, Z)
np.vecmat(Z, D)
np.linalg.tensorinv(A.reshape(3, 1, 3), 1)
np.linalg.tensorsolve(A.reshape(3, 1, 3) + 2.0 * np.eye(3)[:, None], Z[:, None])
np.flatnonzero(X > 0)  # cut
np.nonzero(X > 0)[1]  # cut
np.argwhere(X > 0)  # cut
np.isin(n, m)  # cut
np.logspace(S, 2.0, 4)
np.geomspace(S, P[0], 4)
np.linalg.eig(A + B @ A)[0].real
np.real(X + 1j * Y)
np.imag((X + 1j * Y) ** 2)
np.abs(X + 1j * Y)
np.angle(X + 1j * Y)
np.angle(X + 1j * Y, deg=True)
np.conj(X + 1j * Y).imag
np.conjugate(X * (1 + 2j)).imag
np.iscomplex(X + 1j * Y)  # cut
np.isreal(X)  # cut
np.exp(X + 1j * Y).real
np.log(P + 1j * Y).imag
np.sqrt(P + 1j * Y).imag
np.tanh(X + 1j * Y).imag
np.sin(X + 1j * Y).real
np.power(P + 1j * Y, 2.5).real
np.square(X + 1j * Y).imag
np.reciprocal(X + 1j * P).imag
np.divide(X, P + 1j * Y).imag
np.matmul(A + 1j * B, B).imag
np.vdot(X + 1j * Y, Y - 1j * X).imag
np.vecdot(X + 1j * Y, Y).imag
np.sum(X + 1j * Y).imag
np.mean(X + 1j * Y, axis=0).real
np.prod(Z + 1j * U).real
np.var(X + 1j * Y)
np.std(X + 1j * Y, axis=0)
np.einsum("ij,kj->ik", A + 1j * B, B - 1j * A).imag
np.linalg.norm(X + 1j * Y)
np.linalg.norm(V + 1j * W, 3)
np.linalg.norm(V + 1j * W, 1)
np.linalg.norm(V + 1j * W, np.inf)
np.linalg.norm(A + 1j * B, np.inf)
np.linalg.eigvalsh(A, UPLO="U")
np.linalg.eigvalsh(A + 1j * B)
np.linalg.eigvalsh(A + 1j * B, UPLO="U")
np.abs(np.linalg.eigh(A + 1j * B)[1])
np.linalg.eigh(A + 1j * B, UPLO="U")[0]
np.linalg.svdvals(A + 1j * B)
np.linalg.pinv(X + 1j * Y).imag
np.linalg.pinv(T + 1j * T[::-1] ** 2).real
np.linalg.lstsq(T + 1j * T[::-1] ** 2, X[0], None)[0].imag
np.linalg.slogdet(A + 1j * B)[0].imag
np.linalg.slogdet(A + 1j * B)[1]
np.linalg.cholesky((A + 1j * B) @ (A + 1j * B).conj().T).imag[2, :2]
np.linalg.cholesky(9.0 * np.eye(3) + A + 1j * B).real
np.linalg.cholesky((A + 1j * B) @ (A + 1j * B).conj().T, upper=True).imag[:2, 2]
np.linalg.norm(X + 1j * Y, "nuc")
np.linalg.svd(A + 1j * B)[1]
np.abs(np.linalg.svd(X + 1j * Y, full_matrices=False)[0])
np.abs(np.linalg.svd(X + 1j * Y, full_matrices=False)[2])
np.abs(np.linalg.svd(T + 1j * T[::-1] ** 2, full_matrices=False)[0])
np.einsum("ij,jk->ik", *np.linalg.svd(A + 1j * B, full_matrices=False)[::2]).imag
np.linalg.inv(A + 1j * B).imag
np.linalg.det(A + 1j * B).real
np.linalg.solve(A + 1j * B, Z).imag
np.linalg.eigvals(A + 2 * B @ A).imag ** 2
np.abs(np.linalg.eig(A + B @ A)[1])
np.fft.fft(X).imag
np.fft.fft(V, 7).real
np.fft.fft(V + 1j * W, 4, norm="ortho").imag
np.fft.ifft(X + 1j * Y, axis=0).real
np.abs(np.fft.ifft(V, norm="forward"))
np.fft.rfft(V).imag
np.fft.rfft(X, norm="ortho").real
np.fft.irfft(V + 1j * W)
np.fft.irfft(V + 1j * W, 7, norm="forward")
np.fft.irfft(X + 1j * Y, 4, axis=0)
np.fft.hfft(V + 1j * W)
np.fft.ihfft(V).imag
np.fft.fft2(C).imag
np.fft.ifft2(X, (2, 6)).imag
np.fft.rfft2(X).real
np.fft.irfft2(X + 1j * Y)
np.fft.fftn(C, axes=(0, 2)).real
np.fft.ifftn(C).imag
np.fft.rfftn(C, (3, 4)).imag
np.fft.irfftn(C + 0.5j, axes=(1, 2))
np.fft.fftshift(X)
np.fft.ifftshift(V)
(X + 1j * Y).conj().real
X[1]
X[::-1, 1:3]
X[..., None]
X[i]
X[i, [0, 3, 0]]
X[k[:, :2], [0, 1]]
C[:, c, -1]
C[0, :, i]
X[b]
X[c, 1:]
X.T @ Y
X.sum(axis=0).prod()
X.std() + X.var(ddof=1)
X.cumsum(axis=0)[1].cumprod()
X.clip(-1, 1).ravel().dot(X.reshape(-1))
A.trace() + A.diagonal().max()
X.take(i, axis=0).repeat(2, axis=1).swapaxes(0, 1)
X.argsort(axis=1)  # cut
"""
