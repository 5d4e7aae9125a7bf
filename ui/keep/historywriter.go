package keep

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// gathering is how long the writer waits for more, since a write of one costs as much as one of many.
const gathering = 100 * time.Millisecond

// retrying is how long it waits after a failure; a test has less time.
var retrying = 2 * time.Second

// run reads the list and then writes what is to be kept, until the history is closed.
func (h *History) run(opened error) {
	defer close(h.done)
	trouble, overflow := false, false // what was told and is not over
	after := func(err error) bool {
		switch damaged := errors.As(err, new(*DamagedError)); {
		case damaged:
			h.report(err)
			err = nil
		case err != nil && !trouble:
			h.report(err)
		case err == nil && trouble:
			h.report(nil)
		}
		trouble = err != nil
		return !trouble
	}
	ok := after(h.prepare(opened))
	for {
		pause := gathering
		if ok {
			select {
			case <-h.wake:
			case <-h.closed:
			}
		} else {
			pause = retrying
		}
		ending := false
		select {
		case <-time.After(pause):
		case <-h.closed:
			ending = true
		}
		err := h.step()
		for again := 0; again < 2 && errors.As(err, new(*DamagedError)); again++ {
			h.report(err) // and what was to be written goes to the new file
			err = h.step()
		}
		spilled := h.takeSpilled()
		if ok = after(err); spilled && !overflow {
			h.report(ErrOverflow)
		}
		overflow = !ok && (overflow || spilled)
		if ending {
			h.file.close()
			return
		}
	}
}

// step opens the file, if it is not open, and writes.
func (h *History) step() error {
	if !h.file.isOpen() {
		if err := h.prepare(h.file.open()); err != nil {
			return err
		}
	}
	return h.write()
}

// prepare reads the list of a file that was just opened. A file that cannot be read is set aside.
func (h *History) prepare(opened error) error {
	err := opened
	var read []Row
	if err == nil {
		read, err = h.file.rows()
	}
	if err != nil && isDamage(err) {
		aside, asideErr := h.file.setAside()
		if asideErr != nil {
			return errors.Join(err, asideErr)
		}
		if again := h.file.open(); again != nil {
			return again
		}
		h.take(nil)
		return &DamagedError{aside, err}
	}
	if err != nil {
		return err
	}
	h.take(read)
	return nil
}

// take puts what was read from the file into the list. What is in the list already, of this run, is the newer.
func (h *History) take(read []Row) {
	h.mu.Lock()
	if h.cleared {
		read = nil
	}
	merged := make([]Row, 0, len(read)+len(h.rows))
	for _, r := range read {
		if _, own := h.find(r.ID); !own && !h.gone[r.ID] {
			merged = append(merged, r)
			h.stored += r.stored
		}
	}
	merged = append(merged, h.rows...)
	if !slices.IsSortedFunc(merged, byID) { // another program had the file while this one ran
		slices.SortFunc(merged, byID)
	}
	h.rows = merged
	if n := len(merged); n > 0 {
		h.lastID = max(h.lastID, merged[n-1].ID)
	}
	h.ready = true
	h.mu.Unlock()
	if h.notify != nil {
		h.notify()
	}
}

func byID(a, b Row) int { return cmp.Compare(a.ID, b.ID) }

// write makes durable what is not yet. After a failure all of that is still to be written.
func (h *History) write() error {
	h.mu.Lock()
	h.trim()
	entries, gone, cleared := h.pending, h.gone, h.cleared
	if len(entries) == 0 && len(gone) == 0 && !cleared {
		h.mu.Unlock()
		return nil
	}
	h.writing, h.pending, h.gone, h.cleared = entries, map[uint64]*Entry{}, map[uint64]bool{}, false
	h.mu.Unlock()

	sizes, err := h.file.write(entries, gone, cleared)

	h.mu.Lock()
	defer h.mu.Unlock()
	h.writing = nil
	if err == nil {
		for id, size := range sizes {
			if at, ok := h.find(id); ok {
				h.stored += size - h.rows[at].stored
				h.rows[at].stored = size
			}
		}
		if len(h.rows) > h.limits.Entries || h.stored > h.limits.Bytes {
			h.changedLater()
		}
		return nil
	}
	if !h.cleared { // unless all that was cleared meanwhile
		for id, e := range entries {
			if _, newer := h.pending[id]; !newer && !h.gone[id] {
				h.pending[id] = e
			}
		}
		for id := range gone {
			h.gone[id] = true
		}
		h.cleared = cleared
		h.spill()
	}
	if isDamage(err) {
		// What was in the file is gone from the list with it; what waits to be written is not.
		h.rows = slices.DeleteFunc(h.rows, func(r Row) bool { return h.pending[r.ID] == nil })
		h.stored = 0
		for i := range h.rows {
			h.rows[i].stored = 0
		}
		clear(h.gone)
		h.cleared = false
		aside, asideErr := h.file.setAside()
		if asideErr != nil {
			return errors.Join(err, asideErr)
		}
		h.changedLater()
		return &DamagedError{aside, err}
	}
	return err
}

// changedLater has the writer look again.
func (h *History) changedLater() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// trim takes the oldest entries out while there are too many.
func (h *History) trim() {
	n := 0
	for n < len(h.rows) && (len(h.rows)-n > h.limits.Entries || h.stored > h.limits.Bytes) {
		r := &h.rows[n]
		h.stored -= r.stored
		delete(h.pending, r.ID)
		h.gone[r.ID] = true
		n++
	}
	if n > 0 {
		h.rows = slices.Delete(h.rows, 0, n)
	}
}
