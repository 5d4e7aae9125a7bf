package keep

import (
	"sync"
	"time"
)

// fileWriter keeps a file that is replaced as a whole, with the newest content that it was given, on a goroutine of its own.
type fileWriter struct {
	path   string
	pause  time.Duration // that it waits for more
	may    func() bool   // whether the file is this program's
	report func(error)

	mu     sync.Mutex
	next   func() ([]byte, error) // gives what is to be written; nil for nothing
	wake   chan struct{}
	closed chan struct{}
	done   chan struct{}
}

func newFileWriter(path string, pause time.Duration, may func() bool, report func(error)) *fileWriter {
	w := &fileWriter{path: path, pause: pause, may: may, report: report, wake: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// save has the file be what content gives, which is called on the writer's goroutine, perhaps more than once.
func (w *fileWriter) save(content func() ([]byte, error)) {
	w.mu.Lock()
	w.next = content
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *fileWriter) run() {
	defer close(w.done)
	trouble := false
	for {
		if !trouble {
			select {
			case <-w.wake:
			case <-w.closed:
			}
		}
		pause, ending := w.pause, false
		if trouble {
			pause = retrying
		}
		select {
		case <-time.After(pause):
		case <-w.closed:
			ending = true
		}
		err := w.write()
		if (err != nil) != trouble {
			w.report(err)
		}
		trouble = err != nil
		if ending {
			return
		}
	}
}

func (w *fileWriter) write() error {
	w.mu.Lock()
	next := w.next
	w.next = nil
	w.mu.Unlock()
	if next == nil {
		return nil
	}
	var err error
	if w.may() {
		var data []byte
		if data, err = next(); err == nil {
			err = replaceFile(w.path, data, 0o600)
		}
		if err == nil {
			return nil
		}
	}
	// It is tried again, with the newest: also where the file is another program's, which may end.
	w.mu.Lock()
	if w.next == nil {
		w.next = next
	}
	w.mu.Unlock()
	return err
}

func (w *fileWriter) close() {
	close(w.closed)
	<-w.done
}
