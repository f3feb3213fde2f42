# %% [markdown]
# # graphflow in five minutes

# %%
import graphflow as gf

# %% [markdown]
# ## Build

# %%
x = gf.Variable([1.0, 2.0], name="x")
y = gf.sum(x * x, name="y")
y

# %%
print(gf.Session().run(y))
