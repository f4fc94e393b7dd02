"""For the tests of people who build on enrichcore: hypothesis strategies for their own pipelines.

What the outside world may do (answers, outcomes of a POST, doubled and in any order) and what a configuration may say
(steps, pipelines) as strategies, so that a user's own steps can be tested against all of it. May import everything of
enrichcore, and hypothesis, which is no dependency of the package itself; nothing in enrichcore imports this room.
"""
