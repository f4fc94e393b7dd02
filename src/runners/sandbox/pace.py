"""How many rows a webhook takes: a token bucket per webhook, filled by a clock that the caller reads."""

from attrs import define, field


@define
class Bucket:
    """A bucket of `burst` tokens, filled with `rate` tokens a second; full at first."""

    rate: float
    burst: int
    _tokens: float = field(init=False)
    _at: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self._tokens = float(self.burst)

    def take(self, now: float) -> float:
        """Take a token at `now` (seconds, never going back).

        Returns:
            Zero where there was one, else the seconds until there is; nothing is taken then.
        """
        self._tokens = min(float(self.burst), self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = max(self._at, now)
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self.rate
