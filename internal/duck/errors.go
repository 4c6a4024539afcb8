package duck

import (
	"context"
	"errors"
)

func failed(ctx context.Context, message, sql string) error {
	return errors.New(message)
}
