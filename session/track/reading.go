package track

// Info tells what a frame is; the zero FrameInfo for one that was not added.
func (t *Tracker) Info(frame uint64) FrameInfo {
	if f := t.record(frame); f != nil {
		return t.info(f)
	}
	return FrameInfo{}
}

// record finds what is kept of a frame; nil for one that was not added.
func (t *Tracker) record(frame uint64) *frameRecord {
	if at := t.position(frame); at != 0 {
		return t.frames.at(int(at) - 1)
	}
	return nil
}

// position finds a frame's position in Tracker.frames and one more; 0 for one that was not added.
func (t *Tracker) position(frame uint64) uint32 {
	n := t.frames.length
	if n == 0 {
		return 0
	}
	// Frames are mostly numbered one by one, so the place can be guessed.
	first := t.frames.at(0).frame
	if guess := frame - first; guess < uint64(n) && t.frames.at(int(guess)).frame == frame {
		return uint32(guess) + 1
	}
	low, high := 0, n
	for low < high {
		if mid := (low + high) / 2; t.frames.at(mid).frame < frame {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < n && t.frames.at(low).frame == frame {
		return uint32(low) + 1
	}
	return 0
}

// Len is the number of exchanges.
func (t *Tracker) Len() int { return t.exchanges.length }

// Exchange gives the exchange as it is now; false if there is none with that index.
func (t *Tracker) Exchange(i Index) (Exchange, bool) {
	if i == 0 || int(i) > t.exchanges.length {
		return Exchange{}, false
	}
	x := t.at(i)
	e := Exchange{
		Index: i, Client: x.client.addr, Server: x.server.addr, Multicast: x.multicast,
		Type: x.requestType, Method: x.method, RequestSeen: x.seen, MessageID: x.messageID, Token: x.token,
		Framing: x.framing, State: x.state, Code: x.code, ResponseType: x.responseType, ResponseID: x.responseID,
		First: t.epoch.Add(x.first), Last: t.epoch.Add(x.last), FirstFrame: t.frames.at(int(x.head) - 1).frame,
		RTT: x.rtt, FrameCount: int(x.frames),
		Retransmissions: int(x.retransmissions), Duplicates: int(x.duplicates), Responses: int(x.responses),
		Observe: x.observe, Deregister: x.deregister, Responders: int(x.answerers), NoResponse: x.noResponse,
		Transfer: x.transfer, Observation: x.observation,
		Repeats: x.repeats, Repeat: x.why, RepeatedBy: x.repeatedBy,
		Notifications: int(x.notifications), Stale: int(x.stale), Sequence: x.sequence,
		RequestBlock1: x.requestBlock1.unpack(), RequestBlock2: x.requestBlock2.unpack(),
		ResponseBlock1: x.responseBlock1.unpack(), ResponseBlock2: x.responseBlock2.unpack(),
	}
	if x.resource != nil {
		e.Path, e.Query, e.Proxy = x.resource.path, x.resource.query, x.resource.proxy
	}
	if x.response != 0 {
		e.ResponseFrame = t.frames.at(int(x.response) - 1).frame
	}
	return e, true
}

// Frames gives the frames of an exchange in order; nil if there is none with that index.
func (t *Tracker) Frames(i Index) []uint64 {
	if i == 0 || int(i) > t.exchanges.length {
		return nil
	}
	return t.AppendFrames(make([]uint64, 0, t.at(i).frames), i)
}

// AppendFrames appends the frames of an exchange that come after the last one in frames, which is of the same
// exchange. So who follows an observation with many notifications does not walk through all of them again.
func (t *Tracker) AppendFrames(frames []uint64, i Index) []uint64 {
	if i == 0 || int(i) > t.exchanges.length {
		return frames
	}
	at := t.at(i).head
	if n := len(frames); n > 0 {
		last := t.record(frames[n-1])
		if last == nil || last.index != i {
			return frames
		}
		at = last.next
	}
	for at != 0 {
		f := t.frames.at(int(at) - 1)
		frames, at = append(frames, f.frame), f.next
	}
	return frames
}

// After gives the frame of the same exchange that comes after one; 0 for none.
func (t *Tracker) After(frame uint64) uint64 {
	if f := t.record(frame); f != nil && f.next != 0 {
		return t.frames.at(int(f.next) - 1).frame
	}
	return 0
}

// ObservationOf gives the observation that the request of an exchange began, renewed or ended; 0 for none.
func (t *Tracker) ObservationOf(i Index) ObservationIndex {
	if i == 0 || int(i) > t.exchanges.length {
		return 0
	}
	return t.at(i).observation
}
