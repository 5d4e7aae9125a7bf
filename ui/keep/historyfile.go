package keep

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// historyFile is the database of a history: entries, and beside each a short form of it, so that the list is read
// without the answers. Keys are IDs, which are in the order of time.
type historyFile struct {
	path string

	mu sync.RWMutex
	db *bolt.DB // nil while it is not open
}

var (
	rowBucket   = []byte("rows")
	entryBucket = []byte("entries")
)

// damage is an error that the content of a file causes.
type damage struct{ err error }

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

func isDamage(err error) bool {
	return errors.As(err, new(*damage)) || errors.Is(err, bolterrors.ErrInvalid) || errors.Is(err, bolterrors.ErrChecksum) ||
		errors.Is(err, bolterrors.ErrVersionMismatch)
}

// guard runs what reads the database. A file whose pages make no sense has the database panic, or touch memory that no
// file is behind; both become an error.
func guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &damage{fmt.Errorf("%v", r)}
		}
	}()
	return do()
}

func (f *historyFile) isOpen() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.db != nil
}

// open opens the database, or makes it.
func (f *historyFile) open() error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	size := int64(0)
	if info, err := os.Stat(f.path); err == nil {
		size = info.Size()
	}
	var db *bolt.DB
	err := guard(func() (err error) {
		// The lock is tried once: whoever waits is the window's start.
		db, err = bolt.Open(f.path, 0o600, &bolt.Options{Timeout: time.Nanosecond, FreelistType: bolt.FreelistMapType})
		if err != nil {
			return err
		}
		return db.View(func(tx *bolt.Tx) error {
			if tx.Size() > size && size > 0 {
				return &damage{fmt.Errorf("%d bytes are missing at its end", tx.Size()-size)}
			}
			return nil
		})
	})
	if err == nil {
		err = guard(func() error {
			return db.Update(func(tx *bolt.Tx) error {
				_, err1 := tx.CreateBucketIfNotExists(rowBucket)
				_, err2 := tx.CreateBucketIfNotExists(entryBucket)
				return errors.Join(err1, err2)
			})
		})
	}
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrInUse
	case err != nil:
		if db != nil {
			_ = guard(db.Close)
		}
		var path *os.PathError
		if size > 0 && !errors.As(err, &path) && !isDamage(err) && isShort(err) {
			err = &damage{err}
		}
		return err
	}
	f.mu.Lock()
	f.db = db
	f.mu.Unlock()
	return nil
}

// isShort recognizes what the database says of a file that is too short to be one; it has no name for that.
func isShort(err error) bool {
	text := err.Error()
	return strings.HasPrefix(text, "file size too small") || text == "EOF" || text == "unexpected EOF"
}

func (f *historyFile) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.db != nil {
		_ = guard(f.db.Close)
		f.db = nil
	}
}

// setAside closes a database that cannot be read and renames it.
func (f *historyFile) setAside() (string, error) {
	f.close()
	return setAside(f.path)
}

var errNotOpen = errors.New("the file of the history is not open")

func (f *historyFile) view(do func(tx *bolt.Tx) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.db == nil {
		return errNotOpen
	}
	return guard(func() error { return f.db.View(do) })
}

func key(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// rows reads the list.
func (f *historyFile) rows() (rows []Row, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(rowBucket)
		if b == nil || tx.Bucket(entryBucket) == nil {
			return &damage{errors.New("a table is missing")}
		}
		return b.ForEach(func(k, v []byte) error {
			if len(k) != 8 {
				return &damage{errors.New("a key has another length")}
			}
			r, err := unmarshalRow(binary.BigEndian.Uint64(k), v)
			if err != nil {
				return &damage{err}
			}
			rows = append(rows, r)
			return nil
		})
	})
	return rows, err
}

func (f *historyFile) get(id uint64) (e Entry, err error) {
	err = f.view(func(tx *bolt.Tx) error {
		data := tx.Bucket(entryBucket).Get(key(id))
		if data == nil {
			return errors.New("the history has no such request any more")
		}
		e, err = unmarshalEntry(id, data)
		return err
	})
	return e, err
}

// write makes changes durable in one transaction, and gives how many bytes each entry takes.
func (f *historyFile) write(entries map[uint64]*Entry, gone map[uint64]bool, cleared bool) (map[uint64]int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.db == nil {
		return nil, errNotOpen
	}
	sizes := make(map[uint64]int, len(entries))
	err := guard(func() error {
		return f.db.Update(func(tx *bolt.Tx) error {
			if cleared {
				for _, name := range [][]byte{rowBucket, entryBucket} {
					if err := tx.DeleteBucket(name); err != nil {
						return err
					}
					if _, err := tx.CreateBucket(name); err != nil {
						return err
					}
				}
			}
			rows, full := tx.Bucket(rowBucket), tx.Bucket(entryBucket)
			for id := range gone {
				if err := errors.Join(rows.Delete(key(id)), full.Delete(key(id))); err != nil {
					return err
				}
			}
			for _, id := range slices.Sorted(maps.Keys(entries)) {
				data, err := entries[id].marshal()
				if err != nil {
					return err
				}
				r := entries[id].row()
				r.stored = len(data) + len(r.hay) + 2*len(r.URI)
				short, err := r.marshal()
				if err != nil {
					return err
				}
				if err := errors.Join(full.Put(key(id), data), rows.Put(key(id), short)); err != nil {
					return err
				}
				sizes[id] = r.stored
			}
			return nil
		})
	})
	return sizes, err
}
