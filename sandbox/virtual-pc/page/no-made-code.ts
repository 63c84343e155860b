import { z } from 'zod';

// The page's content security policy allows no code made at run time. Said before any schema is made, so this is imported first.
z.config({ jitless: true });
