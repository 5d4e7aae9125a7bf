package keep

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// History is every request that was sent, with what came of it. Its list is in memory, the rest in a database.
//
// Its methods may be called from any goroutine. Only [History.Get] and [History.Close] wait for a disk.
type History struct {
	limits Limits
	report func(error)
	notify func()
	now    func() time.Time

	mu     sync.RWMutex
	rows   []Row // the oldest first
	ready  bool
	lastID uint64
	stored int // bytes in the file

	// What is not durable yet: entries to write, also those that are being written, and IDs to delete.
	pending map[uint64]*Entry
	writing map[uint64]*Entry
	gone    map[uint64]bool
	cleared bool
	spilled bool // entries were forgotten, and nobody was told yet

	file    historyFile
	wake    chan struct{}
	closing sync.Once
	closed  chan struct{}
	done    chan struct{}
}

// Limits bound a history. The oldest entries go first.
type Limits struct {
	Entries int
	Bytes   int
}

// DefaultLimits are those of a history that says nothing else.
var DefaultLimits = Limits{Entries: 200_000, Bytes: 1 << 30}

// maxPending bounds what is in memory alone, such as for a disk that fails: the oldest goes. A test has fewer.
var maxPending = 10_000

// ErrOverflow says that entries were forgotten before they could be written.
var ErrOverflow = errors.New("the disk is too slow, or fails, and too many requests wait for it; the oldest of those are not kept")

// ErrInUse says that another program has the history open. It is tried again.
var ErrInUse = errors.New("another Coapscope has the history open; this one keeps its own in memory until that ends")

// DamagedError says that a file could not be read and where it is now.
type DamagedError struct {
	Aside string // its new name
	Err   error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the file cannot be read (%v); it is set aside as %s, and a new one is begun", e.Err, e.Aside)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// openHistory opens the database of that name; none is a history in memory alone. report is told of troubles, and nil when
// they are over; notify of changes of the list. Both are called on a goroutine of the history, and must return at once.
func openHistory(path string, limits Limits, report func(error), notify func()) *History {
	h := &History{
		limits: limits, report: report, notify: notify, now: time.Now,
		pending: map[uint64]*Entry{}, gone: map[uint64]bool{},
		wake: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan struct{}),
	}
	h.file.path = path
	if path == "" {
		h.ready = true
		close(h.done)
		return h
	}
	err := h.file.open() // at once, to know whether another program has it
	go h.run(err)
	return h
}

// Mine tells whether the history's file is open here, and not in another program.
func (h *History) Mine() bool { return h.file.path == "" || h.file.isOpen() }

// Ready tells whether the list has been read from the file.
func (h *History) Ready() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.ready
}

// Len is the number of entries.
func (h *History) Len() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.rows)
}

// Row gives an entry in short by its place, the newest first.
func (h *History) Row(i int) (Row, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if i < 0 || i >= len(h.rows) {
		return Row{}, false
	}
	return h.rows[len(h.rows)-1-i], true
}

// ByID gives an entry in short.
func (h *History) ByID(id uint64) (Row, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if at, ok := h.find(id); ok {
		return h.rows[at], true
	}
	return Row{}, false
}

func (h *History) find(id uint64) (int, bool) {
	return slices.BinarySearchFunc(h.rows, id, func(r Row, id uint64) int { return cmp.Compare(r.ID, id) })
}

// Add takes a new entry and gives its ID.
func (h *History) Add(e Entry) uint64 {
	h.mu.Lock()
	h.lastID = max(h.lastID+1, uint64(h.now().UnixNano()))
	e.ID = h.lastID
	e.bound()
	h.rows = append(h.rows, e.row())
	h.put(&e)
	h.mu.Unlock()
	h.changed()
	return e.ID
}

// Set replaces an entry, such as one that was open and is answered now; one that was deleted stays deleted.
func (h *History) Set(e Entry) {
	e.bound()
	h.mu.Lock()
	at, ok := h.find(e.ID)
	if ok {
		stored := h.rows[at].stored
		h.rows[at] = e.row()
		h.rows[at].stored = stored
		h.put(&e)
	}
	h.mu.Unlock()
	if ok {
		h.changed()
	}
}

func (h *History) put(e *Entry) {
	h.pending[e.ID] = e
	h.spill()
}

// spill forgets the oldest of what waits to be written while that is too much.
func (h *History) spill() {
	over := len(h.pending) - maxPending
	if over <= 0 {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(h.pending))[:over] {
		delete(h.pending, id)
		if at, ok := h.find(id); ok && h.rows[at].stored == 0 {
			h.rows = slices.Delete(h.rows, at, at+1)
		}
	}
	h.spilled = true
}

// takeSpilled tells whether entries were forgotten since it was asked last.
func (h *History) takeSpilled() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	spilled := h.spilled
	h.spilled = false
	return spilled
}

// Delete takes entries out.
func (h *History) Delete(ids ...uint64) {
	h.mu.Lock()
	for _, id := range ids {
		if at, ok := h.find(id); ok {
			h.stored -= h.rows[at].stored
			h.rows = slices.Delete(h.rows, at, at+1)
		}
		delete(h.pending, id)
		h.gone[id] = true
	}
	h.mu.Unlock()
	h.changed()
}

// Clear takes all entries out.
func (h *History) Clear() {
	h.mu.Lock()
	h.rows, h.stored, h.cleared = nil, 0, true
	clear(h.pending)
	clear(h.gone)
	h.mu.Unlock()
	h.changed()
}

func (h *History) changed() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
	if h.notify != nil {
		h.notify()
	}
}

// Get gives an entry with its answer. It may wait for the disk.
func (h *History) Get(id uint64) (Entry, error) {
	h.mu.RLock()
	e := h.pending[id]
	if e == nil {
		e = h.writing[id]
	}
	_, known := h.find(id)
	h.mu.RUnlock()
	switch {
	case e != nil:
		return *e, nil
	case !known && h.Ready():
		return Entry{}, errors.New("the history has no such request any more")
	}
	return h.file.get(id)
}

// Durable tells whether an entry is in the file as it is in memory.
func (h *History) Durable(id uint64) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	_, known := h.find(id)
	return known && h.pending[id] == nil && h.writing[id] == nil
}

// searchChunk is how many rows are looked at before others get their turn.
const searchChunk = 4096

// Search looks for entries that have all words of a text, whatever the case: in method, URI, code, what went wrong, and
// the beginning of payloads. It tells their IDs, the newest first, as they are found, until stop says so. It takes its
// time, so it is not for the window's goroutine.
func (h *History) Search(text string, stop func() bool, found func(ids []uint64)) {
	words := strings.Fields(strings.ToLower(text))
	before := ^uint64(0)
	for !stop() {
		var ids []uint64
		h.mu.RLock()
		end, _ := h.find(before)
		from := max(0, end-searchChunk)
		for i := end - 1; i >= from; i-- {
			if h.rows[i].matches(words) {
				ids = append(ids, h.rows[i].ID)
			}
		}
		if from < len(h.rows) {
			before = h.rows[from].ID
		}
		h.mu.RUnlock()
		if len(ids) > 0 {
			found(ids)
		}
		if from == 0 {
			return
		}
	}
}

func (r *Row) matches(words []string) bool {
	for _, w := range words {
		if !strings.Contains(r.hay, w) {
			return false
		}
	}
	return true
}

// Close writes what is not durable yet, as far as that is possible, and closes the file.
func (h *History) Close() {
	h.closing.Do(func() { close(h.closed) })
	<-h.done
}
