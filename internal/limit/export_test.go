package limit

import (
	"context"
	"os"
)

// DetectIn is Detect in a tree of plain folders, which are removed with what is
// in them as the kernel's are.
func DetectIn(ctx context.Context, config Config) *Limiter { return detect(ctx, config, os.RemoveAll) }
