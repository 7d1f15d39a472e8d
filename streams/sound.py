"""Which decoded pictures may be looked at, and which packets are worth decoding."""


class SoundPictures:
    """Holds back what follows a damaged picture until the next key picture.

    libav marks the picture in which something was lost, not those that are predicted from it: with one RTP packet in a
    hundred lost, 162 of 308 pictures were smeared and unmarked (docs/design/sources.md). A stream that has no key
    pictures (intra refresh) mends itself bit by bit: LONGEST_S after the first damage its pictures are taken again.
    """

    LONGEST_S = 12.0

    def __init__(self) -> None:
        self._damaged_s: float | None = None

    @property
    def holding(self) -> bool:
        """A key picture is waited for."""
        return self._damaged_s is not None

    def damage(self, now_s: float) -> None:
        """A packet could not be decoded. now_s: monotonic."""
        self._damaged_s = now_s if self._damaged_s is None else self._damaged_s

    def take(self, *, key: bool, marked: bool, now_s: float) -> bool:
        """Whether this picture is sound. key: a key picture. marked: libav says that it is damaged."""
        if marked:
            self.damage(now_s)
            return False
        if key or (self._damaged_s is not None and now_s - self._damaged_s > self.LONGEST_S):
            self._damaged_s = None
        return not self.holding


class Backlog:
    """Notices that pictures come faster than they can be decoded, and says which packets to leave out.

    A reader that keeps up waits for nearly every packet. One that did not wait for two seconds is behind: the pictures
    pile up in the sockets and the view grows old. Then only key frames are decoded until the reader has to wait again,
    and everything from the next key frame on.
    """

    WINDOW_S = 2.0
    BUSY_SHARE = 0.02
    CAUGHT_UP_S = 0.005
    NO_KEY_S = 12.0

    def __init__(self) -> None:
        self._begun_s: float | None = None
        self._waited_s = 0.0
        self._skipping = False
        self._caught_up_s: float | None = None

    def skip(self, is_key: bool, waited_s: float, now_s: float) -> bool:
        """True: leave this packet out. waited_s: how long the read took; now_s: monotonic, after the read."""
        if self._skipping:
            if self._caught_up_s is None and waited_s >= self.CAUGHT_UP_S:
                self._caught_up_s = now_s
            caught_up = self._caught_up_s is not None
            if caught_up and (is_key or now_s - (self._caught_up_s or now_s) > self.NO_KEY_S):
                self._skipping, self._begun_s = False, now_s
                self._waited_s = 0.0
            return self._skipping and not is_key
        self._waited_s += waited_s
        begun_s = self._begun_s = now_s if self._begun_s is None else self._begun_s
        if now_s - begun_s >= self.WINDOW_S:
            self._skipping = self._waited_s < self.BUSY_SHARE * (now_s - begun_s)
            self._caught_up_s = None
            self._begun_s, self._waited_s = now_s, 0.0
        return False


class DecodeBudget:
    """Of a stream with too many pixels a second only key pictures are decoded, so that one camera that is set to 4K by
    mistake does not take the time of the others.

    mpx_per_s: millions of pixels a second that are decoded in full. The rate is counted over windows of WINDOW_S, the
    first of which is not judged: a server may keep pictures for new clients and send them all at once. It counts as
    within the limit again a tenth below it. A stream that gives no key picture for NO_KEY_S is decoded all the same.
    """

    WINDOW_S = 2.0
    NO_KEY_S = 12.0

    def __init__(self, mpx_per_s: float) -> None:
        self._limit = mpx_per_s * 1e6
        self._begun_s: float | None = None
        self._pixels = 0
        self._judged = self._too_many = False
        self._key_s = 0.0
        self.over = False

    def skip(self, is_key: bool, pixels: int, now_s: float) -> bool:
        """True: leave this packet out. pixels: of its picture, as far as known. now_s: monotonic, after the read."""
        if self._begun_s is None:
            self._begun_s = self._key_s = now_s
        if is_key:
            self._key_s = now_s
        past_s = now_s - self._begun_s
        if past_s >= self.WINDOW_S:
            rate = self._pixels / past_s
            self._begun_s, self._pixels = now_s, 0
            self._too_many = self._judged and rate > self._limit * (0.9 if self.over else 1.0)
            self._judged = True
        if self._too_many:
            self.over = True
        elif is_key:  # not before: what was left out is missing to the pictures up to here
            self.over = False
        self._pixels += pixels
        return self.over and not is_key and now_s - self._key_s <= self.NO_KEY_S


class PixelBudget:
    """Of pictures that stand each for itself (JPEG) as many are decoded as `mpx_per_s` allows, millions of pixels.

    over: some were left out lately. What was not used is saved up, SAVED_S at most: pictures come unevenly.
    """

    SAVED_S = 0.5

    def __init__(self, mpx_per_s: float) -> None:
        self._limit = mpx_per_s * 1e6
        self._due_s = float("-inf")
        self._left_out = False
        self.over = False

    def take(self, pixels: int, now_s: float) -> bool:
        """Whether there is time for this picture. now_s: monotonic."""
        if now_s < self._due_s:
            self.over = self._left_out = True
            return False
        self._due_s = max(self._due_s, now_s - self.SAVED_S) + pixels / self._limit
        self.over, self._left_out = self._left_out, False
        return True


class Flow:
    """Holds back who sends more than `most_per_s` pictures a second, over a second of its time."""

    def __init__(self, most_per_s: float) -> None:
        self._each_s = 1.0 / most_per_s
        self._due_s = float("-inf")

    def pause_s(self, now_s: float) -> float:
        """How long to wait before the next picture is taken; monotonic seconds."""
        self._due_s = max(self._due_s + self._each_s, now_s - 1.0)
        return max(0.0, self._due_s - now_s)
